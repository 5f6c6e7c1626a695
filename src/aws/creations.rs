//! Creations that AWS answers otherwise than hoped: half made, taken, or without what the reply must hold.

use super::client::Account;
use crate::engine::{Class, Failure};

/// The failure of a second call of a create, whose first one made the object.
///
/// The engine then looks for it and goes on with what differs, so that it is never forgotten; the
/// same call fails again there, with its own class.
pub fn half_made(failure: Failure) -> Failure {
    Failure { class: Class::Lost, ..failure }
}

/// The failure where a name of ours belongs to somebody else's object.
pub fn taken(account: &Account, what: &str, name: &str) -> Failure {
    let place = account.region();
    Failure::new(
        Class::Taken,
        format!("{what} \"{name}\" exists in {place} and carries no owner tags of this resource"),
    )
    .advise("It was not touched; rename or remove it, then apply again")
}

/// What AWS leaves out although it must be there.
pub fn missing(operation: &str, what: &str) -> Failure {
    let mut failure = Failure::new(Class::Lost, format!("AWS's reply holds no {what}"));
    operation.clone_into(&mut failure.operation);
    failure
}
