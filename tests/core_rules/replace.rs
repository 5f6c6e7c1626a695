//! Which of the reported paths really replace the resource.

use super::{Breach, at};
use privatelink::schema::Schema;
use privatelink::value::{Path, Step, Type, Value};

/// The paths of `requires_replace` that core keeps: those whose value changes. On create none does.
/// An empty list means update in place.
///
/// # Errors
/// A path that exists neither before nor after is the provider's fault.
pub fn effective_replacements(
    schema: &Schema,
    prior: &Value,
    planned: &Value,
    requires_replace: &[Path],
) -> Result<Vec<Path>, Breach> {
    if prior.is_null() || planned.is_null() {
        return Ok(Vec::new());
    }
    let ty = schema.block.implied_type();
    let mut kept = Vec::new();
    for path in requires_replace {
        match (follow(&ty, prior, path), follow(&ty, planned, path)) {
            (None, None) => return Err(Breach::new(path, "requires_replace names a path that does not exist")),
            (Some((before, ty)), Some((after, _))) if before.same(after, ty) && after.is_wholly_known() => {}
            _ => kept.push(path.clone()),
        }
    }
    Ok(kept)
}

fn follow<'a>(ty: &'a Type, value: &'a Value, path: &Path) -> Option<(&'a Value, &'a Type)> {
    path.steps().iter().try_fold((value, ty), |(value, ty), step| match (ty, step) {
        (Type::Object(attributes), Step::Attribute(name)) => {
            let ty = attributes.get(name)?;
            (!value.is_null()).then(|| (value.get(name), ty))
        }
        (Type::Map(element), Step::Key(key)) => Some((value.as_map()?.get(key)?, element.as_ref())),
        (Type::List(element), Step::Index(index)) => {
            let items = value.as_list()?;
            (*index < items.len()).then(|| (at(items, *index), element.as_ref()))
        }
        _ => None,
    })
}
