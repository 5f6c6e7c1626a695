//! Stored states, from the bytes of the file to what the engine is told.

use std::sync::Arc;

use privatelink::protocol::ProviderService;
use privatelink::protocol::value::from_dynamic;
use privatelink::protocol::wire::tfplugin5::{RawState, upgrade_resource_state};
use privatelink::resource::Stored;
use privatelink::value::Value;

use crate::schema::{Fake, THING, block};

/// A stored state through the RPC, the first byte being its version: an error that says why, or a state; and a record
/// that the engine reads is written and read again as the same.
///
/// # Panics
/// Where it is not.
pub fn state(data: &[u8]) {
    let Some((version, json)) = data.split_first() else { return };
    let version = i64::from(version.wrapping_sub(b'0'));
    let request = upgrade_resource_state::Request {
        type_name: THING.to_owned(),
        version,
        raw_state: Some(RawState { json: json.to_vec().into(), ..RawState::default() }),
    };
    let provider = Fake::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let service = ProviderService::new(Arc::clone(&provider) as _);
    let answer = runtime.block_on(service.upgrade_resource_state(request)).expect("refusals are diagnostics");
    let Some(upgraded) = answer.upgraded_state else {
        let told = answer.diagnostics.iter().all(|told| !told.summary.contains("panicked") && !told.detail.is_empty());
        assert!(told && !answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        return;
    };
    let value = from_dynamic(&block(), Some(&upgraded)).expect("what was written fits");
    let Ok(stored) = Stored::read(&value) else { return };
    let mut attributes = value.as_map().cloned().unwrap_or_default();
    stored.write(&mut attributes);
    let again = Stored::read(&Value::Map(attributes)).expect("what was written is read");
    assert_eq!((&again.record, &again.imported), (&stored.record, &stored.imported));
}
