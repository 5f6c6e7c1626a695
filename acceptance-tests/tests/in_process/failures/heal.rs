//! What comes after a disturbed run: it said what exists and what to do, and the next one ends where an undisturbed run ends.

use privatelink::diagnostic::Diagnostics;
use serde_json::Value as Json;

use super::plain::{Plain, counted};
use super::stage::{Stage, Verb};
use crate::consumer_setting::pass;
use crate::core::{objects, texts};
use crate::crash::takes_up;

/// What no message is longer than.
const LONGEST: usize = 20_000;

/// What holds after a run that came to its end, whatever happened to its calls; `before` are the objects before it.
pub(super) async fn ended(
    mut stage: Stage,
    case: &str,
    found: &Diagnostics,
    before: &Json,
    plain: &Plain,
) -> &'static str {
    let told = texts(found);
    // Before its first write a run may refuse what a reply seems to say about the configuration.
    let is_early = !stage.setting.land.world.calls().iter().any(|call| call.mutating);
    for text in &told {
        assert!(!text.contains("panicked") && !text.contains("bug in the provider"), "{case}: {text}");
        assert!(text.len() < LONGEST, "{case}: a message of {} bytes", text.len());
        assert!(text.starts_with("Warning") || is_early || text.contains("What to do: "), "{case}: {text}");
    }
    let doubts =
        told.iter().filter(|text| text.contains("Exists perhaps, and the next apply or destroy looks for it")).count();
    // A rule is a setting of its group, which the state names; a reply may keep its id from the provider.
    let forgotten: Vec<String> = stage.forgotten().into_iter().filter(|id| !id.starts_with("sgr-")).collect();
    assert!(forgotten.len() <= doubts, "{case}: no state names {forgotten:?}: {told:#?}");
    if found.has_errors() && stage.verb == Verb::Create {
        // Every other one is thrown away and made anew.
        let keeps = case.len().is_multiple_of(2);
        let (terraform, _, name) = stage.subject();
        if terraform.has(name) {
            assert!(terraform.is_tainted(name), "{case}");
            if keeps {
                terraform.untaint(name);
            }
        } else {
            assert_eq!(objects(&stage.setting.land.world), *before, "{case}: no state, and something exists");
        }
    }
    heals(stage, case, plain).await;
    match (found.has_errors(), told.len() > plain.told) {
        (true, _) => "error, healed",
        (false, true) => "warning",
        (false, false) => "overcome",
    }
}

/// The next run, in another process and without faults, ends where an undisturbed one ends, and a destroy leaves the neighbours.
/// Whether a person had to import what a dead run had made.
pub(super) async fn heals(mut stage: Stage, case: &str, plain: &Plain) -> bool {
    // Nobody starts a new process sooner than AWS shows what the old one made.
    pass(30).await;
    stage.start_anew().await;
    let (config, verb) = (stage.config(), stage.verb);
    let (terraform, kind, name) = stage.subject();
    let mut is_imported = false;
    if verb == Verb::Destroy {
        let found = terraform.destroy(name).await;
        assert!(!found.has_errors(), "{case}, next run: {:#?}", texts(&found));
        assert!(!terraform.has(name), "{case}");
    } else {
        is_imported = takes_up(terraform, kind, name, &config, case).await;
        // What a dead run wrote a moment ago is not yet in every read.
        pass(120).await;
        terraform.expect_settled(kind, name, &config).await;
    }
    let world = &stage.setting.land.world;
    assert_eq!(counted(world), plain.world, "{case}: {:#}", objects(world));
    stage.clear(case).await;
    is_imported
}
