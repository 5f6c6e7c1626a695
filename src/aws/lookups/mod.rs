//! Looks of plan and import: several objects at a time, in plain words instead of SDK types.
//!
//! Nothing here belongs to one link. Reads of single objects are in `reads`.

mod load_balancers;
mod networks;
mod owned;
mod services;
mod zones;

pub use load_balancers::ListenerSeen;
pub use networks::Room;
pub use owned::Owned;
pub use services::{Connected, Offer};
pub use zones::SeenZone;
