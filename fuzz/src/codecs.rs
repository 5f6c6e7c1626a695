//! Values on the wire.

use privatelink::protocol::value::{from_json, from_msgpack, to_json, to_msgpack, to_msgpack_salvaging};
use privatelink::value::Value;

use crate::schema::block;

/// msgpack as core sends it: what is read is written and read again as the same.
///
/// # Panics
/// Where it is not.
pub fn msgpack(data: &[u8]) {
    let block = block();
    if let Ok(value) = from_msgpack(&block, data) {
        round(&value);
    }
}

/// JSON as states hold it: what is read is written, as JSON and as msgpack, and read again as the same.
///
/// # Panics
/// Where it is not.
pub fn json(data: &[u8]) {
    let block = block();
    let Ok(json) = serde_json::from_slice(data) else { return };
    let Ok(value) = from_json(&block, &json) else { return };
    let written = to_json(&block, &value).expect("what was read fits");
    assert_eq!(from_json(&block, &written).expect("what was written fits"), value, "through JSON");
    round(&value);
}

fn round(value: &Value) {
    let block = block();
    let written = to_msgpack(&block, value).expect("what was read fits");
    let again = from_msgpack(&block, &written).expect("what was written fits");
    let ty = block.implied_type();
    assert!(again.same(value, &ty), "through msgpack: {value:?}\n{again:?}");
    assert_eq!(to_msgpack(&block, &again).as_ref(), Ok(&written), "written twice");
    // A state of it is always written, with null where something is unknown.
    let salvaged = to_msgpack_salvaging(&block, value);
    let state = from_msgpack(&block, &salvaged.msgpack).expect("a state conforms to the schema");
    assert_eq!(salvaged.misfits.is_empty(), value.is_wholly_known(), "{:?}", salvaged.misfits);
    assert!(state.is_wholly_known());
}
