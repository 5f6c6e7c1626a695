//! The live page in a real browser while real Terraform works: objects appear, a packet is followed, a broken target turns the hop red.
//!
//! `UPDATE=1` renews the screenshots of the README.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

#[path = "live_page/browser.rs"]
mod browser;

use std::path::Path;
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, Source, Tool, repository};
use browser::Page;
use serde_json::json;

suite!(Chromium: the_page_shows_an_apply_a_packet_and_where_it_breaks);

const SIMULATOR: &str = env!("CARGO_BIN_EXE_simulator");

async fn the_page_shows_an_apply_a_packet_and_where_it_breaks() -> Outcome {
    let tool = Tool::required()?;
    let case = Case::start(&tool, Path::new(SIMULATOR), Source::Example("complete")).await?;
    let page = Page::open(&format!("{}/", case.simulator.url())).await?;
    page.until("nodes.size > 4", "the landscape is drawn").await?;
    let before = page.number("nodes.size").await?;

    // While Terraform applies, the page builds itself.
    let more = format!("nodes.size > {before} + 8");
    let (applied, seen) = tokio::join!(case.apply(), page.until(&more, "objects come"));
    applied?;
    seen?;
    let objects = case.simulator.objects().await?;
    for (_, kind, id) in objects.each() {
        let kinds =
            ["load_balancer", "listener", "target_group", "endpoint_service", "endpoint", "hosted_zone", "record_set"];
        if kinds.contains(&kind) {
            page.until(&format!("cards.has({})", json!(id)), &format!("{id} is drawn")).await?;
        }
    }
    page.until("document.querySelectorAll('#wires path.good').length > 0", "a wire joins endpoint and service").await?;

    // A packet from the application, through the form.
    let outputs = case.workspace.outputs().await?;
    let name = outputs.get("private_name").and_then(|name| name.as_str()).unwrap().trim_end_matches('.').to_owned();
    let (vpc, group) = (case.id("consumer_vpc_id").to_owned(), case.id("application_security_group_id").to_owned());
    case.arrives(&name, 443).await?;
    let send = format!(
        "(() => {{ const form = document.getElementById('packet'); form.vpc.value = {vpc}; form.vpc.dispatchEvent(new Event('change'));
           form.name.value = {name}; form.port.value = 443; form.group.value = {group};
           document.getElementById('hops').replaceChildren(); form.querySelector('button').click(); return true; }})()",
        vpc = json!(vpc),
        name = json!(name),
        group = json!(group),
    );
    page.evaluate(&send).await?;
    page.until("document.getElementById('hops').lastChild?.textContent === 'It arrives.'", "the packet arrives")
        .await?;
    screenshot(&page, "apply.png").await?;

    // Every target breaks by a click on it and on what can be done with it.
    let broken = "(() => { for (const card of document.querySelectorAll('[data-id]')) { const node = nodes.get(card.dataset.id);
           if (!node || node.kind !== 'target') continue; card.firstChild.click();
           [...document.querySelectorAll('#acts button')].find(button => button.textContent === 'break').click(); } return true; })()";
    page.evaluate(broken).await?;
    let all = "[...nodes.values()].filter(node => node.kind === 'target').every(node => node.state === 'unhealthy')";
    page.until(all, "the targets are unhealthy").await?;
    page.evaluate(&send).await?;
    page.until("document.querySelector('#hops li.stop') !== null", "the packet stops").await?;
    let stop = page.text("document.querySelector('#hops li.stop').textContent").await?;
    if !stop.starts_with("target") {
        return Err(format!("the packet stops at '{stop}'").into());
    }
    let red = "getComputedStyle(document.querySelector('#hops li.stop')).color ===
        (() => { const probe = document.body.appendChild(document.createElement('i')); probe.style.color = 'var(--bad)';
                 const color = getComputedStyle(probe).color; probe.remove(); return color; })()";
    page.until(red, "the hop is red").await?;
    page.until("document.querySelectorAll('.node.bad').length > 0", "the targets are red").await?;
    page.dark().await?;
    screenshot(&page, "broken.png").await?;

    case.destroy_unreached().await?;
    page.until(&format!("nodes.size <= {before} + 12"), "what was destroyed goes").await?;
    let complaints = page.complaints();
    if complaints.is_empty() { Ok(()) } else { Err(format!("the page complains: {complaints:?}").into()) }
}

async fn screenshot(page: &Page, name: &str) -> Outcome {
    tokio::time::sleep(Duration::from_millis(900)).await;
    let image = page.screenshot().await?;
    if image.get(..4) != Some(b"\x89PNG") || image.len() < 20_000 {
        return Err(format!("a screenshot of {} bytes", image.len()).into());
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(repository().join("acceptance-tests/src/simulator/page").join(name), image)?;
    }
    Ok(())
}
