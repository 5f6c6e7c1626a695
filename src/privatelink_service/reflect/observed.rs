//! How an observed setting shows beside what the configuration leaves out.

use crate::value::Attr;

/// Shows a setting unless it is left out and is the default.
#[expect(clippy::needless_pass_by_value, reason = "defaults are constants")]
pub(super) fn observed<T: PartialEq>(attribute: &mut Attr<T>, found: T, default: T) {
    let stays = match attribute {
        Attr::Known(written) => *written == found,
        Attr::Null | Attr::Unknown | Attr::Given => found == default,
    };
    if !stays {
        *attribute = Attr::Known(found);
    }
}
