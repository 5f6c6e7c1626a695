//! Server-sent events: what changed in a world, several times a second, for as long as a page listens.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::view::Told;
use super::world::World;

/// Time between two looks.
const BEAT: Duration = Duration::from_millis(250);

/// Makes the body of an event stream.
pub fn body(world: World) -> StreamBody<impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send> {
    StreamBody::new(stream::unfold((world, Told::default(), true), |(world, mut told, first)| async move {
        if !first {
            tokio::time::sleep(BEAT).await;
        }
        let event = format!("data: {}\n\n", told.news(&world));
        Some((Ok(Frame::data(Bytes::from(event))), (world, told, false)))
    }))
}
