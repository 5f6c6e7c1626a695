//! The conformance command's rules against this simulator: all as expected.

#[path = "../../examples/conformance/rules.rs"]
mod rules;
#[path = "../../examples/conformance/scene.rs"]
mod scene;

use std::time::Duration;

use acceptance_tests::simulator::World;

use crate::support::{PROVIDER, config};

#[tokio::test(start_paused = true)]
async fn every_rule_of_the_conformance_command_holds_here() {
    let world = World::calm(1);
    let mut scene = scene::Scene::new(&config(&world, PROVIDER), Duration::from_secs(1));
    let mut differs = Vec::new();
    let all = rules::all();
    assert!(all.len() > 40, "{} rules", all.len());
    // The comparison of the README names each of them.
    for rule in &all {
        assert!(rule.is_tried(false, false) || rule.needs(false).starts_with("needs --yes"), "{}", rule.name);
        let row = format!("| `{}` | {} | ", rule.name, rule.what);
        assert!(include_str!("../../README.md").contains(&row), "README.md has no row {row}");
    }
    for rule in all.into_iter().filter(|rule| rule.is_tried(true, true)) {
        let verdict = (rule.run)(&mut scene).await;
        if verdict != rules::Verdict::Expected {
            differs.push(format!("{} ({}): {} {}", rule.name, rule.what, verdict.word(), verdict.found()));
        }
    }
    assert!(differs.is_empty(), "{differs:#?}");
    let left = scene.sweep().await;
    assert!(left.is_empty(), "not swept: {left:?}");
    assert!(world.lock().objects(world.now()).is_empty());
}
