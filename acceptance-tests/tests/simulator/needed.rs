//! Runs tests in worlds that lack one rule.

use acceptance_tests::simulator::rules::{self, Rule};

/// Demands that each test fails in worlds without its rule.
#[track_caller]
pub(crate) fn assert_needed(tests: &[(Rule, fn())]) {
    let mut idle = Vec::new();
    for (number, (rule, test)) in tests.iter().enumerate() {
        if std::panic::catch_unwind(|| rules::without(*rule, test)).is_ok() {
            idle.push(format!("{} (rule {}, line {} of the table)", rule.name(), rule.number(), number + 1));
        }
    }
    assert!(idle.is_empty(), "tests that pass although their rule is off: {idle:#?}");
}
