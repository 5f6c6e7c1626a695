//! From a run's problems to what a person reads: what was tried, AWS's words and request id, what
//! exists now, what to do.

use std::fmt::Write as _;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Action, Cause, Failure, LinkName, Outcome, Problem, Severity};
use crate::schema::Block;
use crate::value::Path;

use super::advice::advice_about;

/// So many names are read; the rest is a count.
const MOST_NAMED: usize = 10;

/// Which verb of Terraform the run was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
    Read,
}

/// Whose run it was.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// `service`
    pub(super) noun: &'a str,
    /// `orders-api`
    pub(super) name: &'a str,
    /// What the person did.
    pub(super) verb: Verb,
    /// The composite's own attributes, for paths.
    pub(super) has_attribute: &'a dyn Fn(&str) -> bool,
}

/// All problems of a run as diagnostics: one for each cause, and what exists now in the last of the errors.
pub(super) fn diagnostics(outcome: &Outcome, subject: Subject<'_>) -> Diagnostics {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        outcome.problems.iter().partition(|problem| problem.severity == Severity::Error);
    let mut found = Diagnostics::new();
    for problem in warnings {
        found.push(warning(problem, outcome, subject));
    }
    let causes = by_cause(errors);
    for (at, problems) in causes.iter().enumerate() {
        let is_last = at + 1 == causes.len();
        let status = if is_last { status(outcome, subject) } else { String::new() };
        found.extend(error(problems, &status, outcome, subject));
    }
    found
}

/// Problems of one cause together, in their order.
fn by_cause(problems: Vec<&Problem>) -> Vec<Vec<&Problem>> {
    let mut causes: Vec<Vec<&Problem>> = Vec::new();
    for problem in problems {
        match causes.iter_mut().find(|cause| cause.first().is_some_and(|first| is_same_cause(first, problem))) {
            Some(cause) => cause.push(problem),
            None => causes.push(vec![problem]),
        }
    }
    causes
}

fn is_same_cause(one: &Problem, other: &Problem) -> bool {
    match (&one.cause, &other.cause) {
        (Cause::Failed(left), Cause::Failed(right)) => {
            (left.class, &left.operation, &left.code, &left.message, &left.advice)
                == (right.class, &right.operation, &right.code, &right.message, &right.advice)
        }
        (left, right) => left == right,
    }
}

fn warning(problem: &Problem, outcome: &Outcome, subject: Subject<'_>) -> Diagnostic {
    if let Some(failure) = problem.failure() {
        // What stays for others has left the state.
        let mut detail = failure.message.clone();
        end_sentence(&mut detail);
        let summary = format!("The {} of {:?} stays for others", object(&problem.link), subject.name);
        let advice = what_to_do(problem, subject.verb);
        return Diagnostic::warning(shorten(&summary), format!("{detail}\n\nWhat to do: {advice}"));
    }
    let mut reason = begin_sentence(&problem.cause.to_string());
    end_sentence(&mut reason);
    let detail = format!("{reason}{}", held(outcome));
    // Terraform shows one of several warnings with the same summary.
    let summary = format!("The {} {:?} needs attention ({})", subject.noun, subject.name, object(&problem.link));
    Diagnostic::warning(shorten(&summary), detail)
}

fn error(problems: &[&Problem], status: &str, outcome: &Outcome, subject: Subject<'_>) -> Diagnostics {
    let Some((problem, alike)) = problems.split_first() else { return Diagnostics::new() };
    let object = object(&problem.link);
    let is_stopped = matches!(problem.cause, Cause::Stopped);
    let (attempt, mut detail) = if is_stopped {
        ("Stopped at".to_owned(), "The run was stopped before this was done.".to_owned())
    } else {
        (format!("Cannot {}", problem.action), problem.cause.to_string())
    };
    let others = if alike.is_empty() { String::new() } else { format!(" and {} more", alike.len()) };
    let summary = shorten(&format!("{attempt} the {object}{others} of {:?}", subject.name));
    if let Some(request_id) = problem.failure().and_then(|failure| failure.request_id.as_deref()) {
        let _ = write!(detail, "\nRequest ID: {request_id}");
    }
    if !alike.is_empty() {
        let names: Vec<LinkName> = alike.iter().map(|problem| problem.link.clone()).collect();
        let _ = write!(detail, "\nThe same holds for: {}.", list(&names));
    }
    let waited = problems.iter().map(|problem| problem.waited.as_secs()).max().unwrap_or_default();
    if waited > 0 && !is_stopped {
        let _ = write!(detail, "\nTried for {waited} s.");
    }
    let _ = write!(detail, "\n\n{status}What to do: {}", what_to_do(problem, subject.verb));
    // A creation that left nothing is in no state, and so not tainted either.
    let has_left = !outcome.record.is_empty() || !outcome.report.exists.is_empty();
    if subject.verb == Verb::Create && problem.action != Action::Plan && has_left && !status.is_empty() {
        detail.push_str(
            "\nTerraform marks a resource whose creation failed as tainted: a plain apply removes what exists and starts \
             again; \"terraform untaint\" on it before the apply continues from here.",
        );
    }
    let diagnostic = Diagnostic::error(summary, detail);
    match problem.failure().and_then(|failure| failure.attribute) {
        Some(attribute) if (subject.has_attribute)(attribute) => diagnostic.at(Path::attribute(attribute)),
        _ => diagnostic,
    }
    .into()
}

/// What exists after the run.
fn status(outcome: &Outcome, subject: Subject<'_>) -> String {
    let mut text = String::new();
    if subject.verb == Verb::Read {
        return text;
    }
    let _ = writeln!(text, "Exists now, and is in the state: {}.", list(&outcome.report.exists));
    if !outcome.report.not_reached.is_empty() {
        let _ = writeln!(text, "Not reached: {}.", list(&outcome.report.not_reached));
    }
    if !outcome.report.left_over.is_empty() {
        let _ = writeln!(text, "Still to be removed: {}.", list(&outcome.report.left_over));
    }
    if !outcome.report.uncertain.is_empty() {
        let uncertain = list(&outcome.report.uncertain);
        let _ = writeln!(text, "Exists perhaps, and the next apply or destroy looks for it: {uncertain}.");
    }
    text
}

/// A look at AWS before a change that did not succeed.
pub(super) fn look_failed(noun: &str, failure: &Failure) -> Diagnostic {
    before_all(format!("Cannot look at what the {noun} needs"), failure)
}

/// A look that was asked for by itself did not succeed. `what` is `read privatelink_connections`; a failure about an attribute of
/// `block` stands there.
pub(super) fn read_failed(what: &str, failure: &Failure, block: &Block) -> Diagnostic {
    let mut detail = failure.to_string();
    end_sentence(&mut detail);
    if let Some(request_id) = &failure.request_id {
        let _ = write!(detail, "\nRequest ID: {request_id}");
    }
    let mut advice = failure.advice.clone().unwrap_or_else(|| advice_about(failure).to_owned());
    end_sentence(&mut advice);
    let diagnostic = Diagnostic::error(format!("Cannot {what}"), format!("{detail}\n\nWhat to do: {advice}"));
    match failure.attribute.filter(|name| block.attribute(name).is_some()) {
        Some(attribute) => diagnostic.at(Path::attribute(attribute)),
        None => diagnostic,
    }
}

/// The end of a look that was asked for by itself, at the user's wish or at its time.
pub(super) fn late(type_name: &str, timeout: Duration, is_stopped: bool) -> Diagnostic {
    if is_stopped {
        return Diagnostic::error("Stopped", format!("The run was stopped while {type_name} was read."));
    }
    let detail = format!(
        "AWS did not answer completely within {} s.\n\nWhat to do: run again; if it stays so, see what else calls AWS \
         from this account at the same time.",
        timeout.as_secs()
    );
    Diagnostic::error(format!("Cannot read {type_name}"), detail)
}

/// The first write of an update, by which a later run would find what this one makes, did not succeed.
pub(super) fn mark_failed(noun: &str, failure: &Failure) -> Diagnostic {
    before_all(format!("Cannot mark the {noun} before it is changed"), failure)
}

/// The end of a run before anything was changed.
fn before_all(summary: String, failure: &Failure) -> Diagnostic {
    let mut detail = failure.to_string();
    if let Some(request_id) = &failure.request_id {
        let _ = write!(detail, "\nRequest ID: {request_id}");
    }
    let mut advice = failure.advice.clone().unwrap_or_else(|| advice_about(failure).to_owned());
    end_sentence(&mut advice);
    let _ = write!(detail, "\n\nNothing was changed.\nWhat to do: {advice}");
    Diagnostic::error(summary, detail)
}

fn what_to_do(problem: &Problem, verb: Verb) -> String {
    let mut text = match &problem.cause {
        Cause::Failed(failure) => failure.advice.clone().unwrap_or_else(|| advice_about(failure).to_owned()),
        Cause::Broken { .. } => {
            "This object has failed permanently. Fix the cause that AWS names above; the next apply \
                                 replaces the object."
                .to_owned()
        }
        Cause::Deadline { .. } => {
            format!("{} If this takes longer as a rule, raise the resource's timeouts.", go_on(verb))
        }
        Cause::Stopped => go_on(verb).to_owned(),
        Cause::Gate { reason } => reason.clone(),
    };
    end_sentence(&mut text);
    text
}

/// What a run that was cut short asks for. A creation is tainted, and no apply goes on with it by itself.
fn go_on(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "Apply again.",
        Verb::Update => "Apply again: it goes on from here.",
        Verb::Delete => "Apply or destroy again: it goes on from here.",
        Verb::Read => "Try again.",
    }
}

/// Begins a text of several sources with a capital, unless it begins with a name of AWS's.
fn begin_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first_word = text.split_whitespace().next().unwrap_or_default();
    match letters.next() {
        Some(first) if first_word.chars().all(char::is_alphabetic) => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// Ends a text of several sources with a full stop, where it has none.
pub fn end_sentence(text: &mut String) {
    if !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
}

fn held(outcome: &Outcome) -> String {
    if outcome.report.held.is_empty() {
        return String::new();
    }
    format!("\n\nUntil then this waits: {}. The next apply after it carries on.", list(&outcome.report.held))
}

/// `listener "https"`, `endpoint service`.
fn object(link: &LinkName) -> String {
    let kind = link.kind().replace('_', " ");
    match link.key() {
        Some(key) => format!("{kind} {key:?}"),
        None => kind,
    }
}

fn list(links: &[LinkName]) -> String {
    if links.is_empty() {
        return "nothing".to_owned();
    }
    let named: Vec<&str> = links.iter().take(MOST_NAMED).map(LinkName::as_str).collect();
    match links.len().saturating_sub(MOST_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// At most 80 characters, as Terraform shows a summary on one line.
fn shorten(summary: &str) -> String {
    if summary.chars().count() <= 80 {
        return summary.to_owned();
    }
    summary.chars().take(79).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Class;

    fn told(causes: &[(&str, Failure)], record: &[&str], verb: Verb) -> Vec<Diagnostic> {
        let problem = |(link, failure): &(&str, Failure)| Problem {
            severity: Severity::Error,
            link: LinkName::from(*link),
            action: Action::Create,
            cause: Cause::Failed(failure.clone()),
            waited: std::time::Duration::ZERO,
        };
        let exists = record.iter().map(|name| LinkName::from(*name)).collect();
        let outcome = Outcome {
            problems: causes.iter().map(problem).collect(),
            report: crate::engine::Report { exists, ..Default::default() },
            ..Outcome::default()
        };
        let subject = Subject { noun: "service", name: "orders", verb, has_attribute: &|_| true };
        diagnostics(&outcome, subject).into_iter().collect()
    }

    #[test]
    fn one_cause_is_one_diagnostic_and_what_exists_is_told_once() {
        let full = Failure { code: "TooManyListeners".into(), ..Failure::new(Class::LimitExceeded, "50 is the limit") };
        let other = Failure::new(Class::Invalid, "wrong");
        let names: Vec<String> = (0..51).map(|number| format!("listener.l{number}")).collect();
        let mut causes: Vec<(&str, Failure)> = names.iter().map(|name| (name.as_str(), full.clone())).collect();
        causes.push(("permissions", other));
        let exists: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = told(&causes, &exists, Verb::Update);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].summary.contains("and 50 more"), "{}", found[0].summary);
        assert!(found[0].detail.contains("listener.l10 and 40 more."), "{}", found[0].detail);
        let status = found.iter().filter(|found| found.detail.contains("Exists now")).count();
        assert_eq!(status, 1);
        assert!(found[1].detail.contains("listener.l9 and 41 more."), "{}", found[1].detail);
        assert!(found.iter().all(|found| found.detail.contains("What to do: ")));
    }

    #[test]
    fn taint_is_spoken_of_where_something_is_in_the_state() {
        let causes = [("load_balancer", Failure::new(Class::Denied, "no"))];
        assert!(!told(&causes, &[], Verb::Create)[0].detail.contains("untaint"));
        assert!(told(&causes, &["load_balancer"], Verb::Create)[0].detail.contains("untaint"));
    }

    #[test]
    fn what_several_sources_say_reads_as_sentences() {
        let mut text = begin_sentence("the owner of vpce-svc-1 must accept");
        end_sentence(&mut text);
        assert_eq!(text, "The owner of vpce-svc-1 must accept.");
        let name = "com.amazonaws.us-east-1.sqs has no name.";
        assert_eq!(begin_sentence(name), name, "a name stays as it is");
    }
}
