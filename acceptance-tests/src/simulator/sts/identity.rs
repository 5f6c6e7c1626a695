//! GetCallerIdentity.

use crate::simulator::buckets::Bucket;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[reading("GetCallerIdentity", Bucket::Unlimited, get_caller_identity)];

#[expect(clippy::unnecessary_wraps, reason = "every operation has this shape")]
fn get_caller_identity(session: &mut Session<'_>, _params: &Params) -> Result<Xml, ApiError> {
    let caller = &session.caller;
    let user_id = match caller.arn.rsplit_once(":assumed-role/") {
        Some((_, role)) => format!("{}:{}", role_id(&caller.principal), role.rsplit('/').next().unwrap_or_default()),
        None => format!("AIDA{}", letters(&caller.arn)),
    };
    Ok(Xml::new().text("UserId", user_id).text("Account", &caller.account).text("Arn", &caller.arn))
}

/// Gives a role's unique id, the same for every caller and world.
pub fn role_id(role_arn: &str) -> String {
    format!("AROA{}", letters(role_arn))
}

/// Makes seventeen capital letters of a text.
fn letters(text: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut letters = String::new();
    for _ in 0..17 {
        letters.push(char::from(b'A' + u8::try_from(hash % 26).unwrap_or_default()));
        hash = hash.rotate_left(11).wrapping_mul(0x0100_0000_01b3);
    }
    letters
}
