//! The macro that lists attributes. It only lists: the work is done by [`super::Typed`] and
//! [`super::Attributes`].

/// Declares a struct of attributes and everything that follows from it.
///
/// Each line is `<who> <name>: <type> [= default] [=> [rules]],` after its user text. `<who>` is
/// `required`, `optional`, `optional_computed` or `computed` for attributes; `computed_sensitive` for a computed
/// one that plans do not print; `sensitive` instead of
/// `optional` hides the value; `single`, `list` or `set` for nested blocks, whose type is another struct
/// of this macro. A default makes an attribute `optional`; at the top level of a resource write
/// `optional_computed` so that the plan can show the default.
///
/// Attributes become [`Attr<T>`](crate::value::Attr) fields, repeated blocks `Attr<Vec<T>>`.
#[macro_export]
macro_rules! attributes {
    (
        $(#[doc = $about:literal])*
        $visibility:vis struct $name:ident {
            $(
                $(#[doc = $text:literal])*
                $who:ident $field:ident: $ty:ty $(= $default:expr)? $(=> [$($rule:expr),* $(,)?])?
            ),* $(,)?
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Default)]
        $visibility struct $name {
            $( $(#[doc = $text])* pub $field: $crate::attributes!(@field $who $ty), )*
        }

        impl $crate::schema::Attributes for $name {
            fn block() -> $crate::schema::Block {
                let mut block = $crate::schema::Block {
                    description: $crate::attributes!(@text $($about)*),
                    ..Default::default()
                };
                $(
                    $crate::attributes!(@declare block $who $field $ty [$($text)*] [$($default)?] [$($($rule),*)?]);
                )*
                block
            }

            #[allow(clippy::question_mark, reason = "diagnostics are collected")]
            fn decode(
                value: &$crate::value::Value,
                path: &$crate::value::Path,
            ) -> Result<Self, $crate::diagnostic::Diagnostics> {
                let mut diagnostics = $crate::diagnostic::Diagnostics::new();
                let mut decoded = Self::default();
                $(
                    match $crate::attributes!(@decode $who, value.get($crate::attributes!(@name $field)), &path.child($crate::attributes!(@name $field))) {
                        Ok(field) => decoded.$field = field,
                        Err(found) => diagnostics.extend($crate::diagnostic::Diagnostics::from(found)),
                    }
                )*
                if diagnostics.is_empty() { Ok(decoded) } else { Err(diagnostics) }
            }

            fn encode(&self) -> $crate::value::Value {
                let mut entries = std::collections::BTreeMap::new();
                $(
                    entries.insert(
                        $crate::attributes!(@name $field).to_owned(),
                        $crate::attributes!(@encode $who, &self.$field),
                    );
                )*
                $crate::value::Value::Map(entries)
            }
        }

        impl $crate::schema::Typed for $name {
            fn ty() -> $crate::value::Type {
                <Self as $crate::schema::Attributes>::block().implied_type()
            }

            fn from_value(
                value: &$crate::value::Value,
                path: &$crate::value::Path,
            ) -> Result<$crate::value::Attr<Self>, $crate::diagnostic::Diagnostic> {
                <Self as $crate::schema::Attributes>::decode(value, path).map($crate::value::Attr::Known).map_err(|found| {
                    found.into_iter().next().unwrap_or_else(|| $crate::diagnostic::Diagnostic::error("Value does not fit the schema", ""))
                })
            }

            fn to_value(&self) -> $crate::value::Value {
                <Self as $crate::schema::Attributes>::encode(self)
            }
        }
    };

    (@field single $ty:ty) => { $crate::value::Attr<$ty> };
    (@field list $ty:ty) => { $crate::value::Attr<Vec<$ty>> };
    (@field set $ty:ty) => { $crate::value::Attr<Vec<$ty>> };
    (@field $who:ident $ty:ty) => { $crate::value::Attr<$ty> };

    // `r#type` is the field of the attribute `type`.
    (@name $field:ident) => { stringify!($field).trim_start_matches("r#") };

    (@text $($line:literal)*) => { [$($line),*].map(str::trim).join("\n").trim().to_owned() };

    (@declare $block:ident single $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::attributes!(@nested $block Single $field $ty [$($text)*])
    };
    (@declare $block:ident list $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::attributes!(@nested $block List $field $ty [$($text)*])
    };
    (@declare $block:ident set $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::attributes!(@nested $block Set $field $ty [$($text)*])
    };
    (@declare $block:ident $who:ident $field:ident $ty:ty [$($text:literal)*] [$($default:expr)?] [$($rule:expr),*]) => {
        $block.attributes.push($crate::schema::Attribute {
            name: $crate::attributes!(@name $field),
            ty: <$ty as $crate::schema::Typed>::ty(),
            presence: $crate::attributes!(@presence $who),
            sensitive: $crate::attributes!(@sensitive $who),
            description: $crate::attributes!(@text $($text)*),
            default: $crate::attributes!(@default $ty [$($default)?]),
            rules: vec![$($rule),*],
        })
    };
    (@nested $block:ident $nesting:ident $field:ident $ty:ty [$($text:literal)*]) => {{
        let text = $crate::attributes!(@text $($text)*);
        let mut content = <$ty as $crate::schema::Attributes>::block();
        if !text.is_empty() {
            content.description = text;
        }
        $block.blocks.push($crate::schema::NestedBlock {
            name: $crate::attributes!(@name $field),
            nesting: $crate::schema::Nesting::$nesting,
            block: content,
        });
    }};

    (@default $ty:ty []) => { None };
    (@default $ty:ty [$default:expr]) => { Some(<$ty as $crate::schema::Typed>::to_value(&<$ty>::from($default))) };

    (@presence required) => { $crate::schema::Presence::Required };
    (@presence optional) => { $crate::schema::Presence::Optional };
    (@presence sensitive) => { $crate::schema::Presence::Optional };
    (@presence optional_computed) => { $crate::schema::Presence::OptionalComputed };
    (@presence computed) => { $crate::schema::Presence::Computed };
    (@presence computed_sensitive) => { $crate::schema::Presence::Computed };
    (@sensitive sensitive) => { true };
    (@sensitive computed_sensitive) => { true };
    (@sensitive $who:ident) => { false };

    (@decode single, $value:expr, $path:expr) => { $crate::schema::decode_single($value, $path) };
    (@decode list, $value:expr, $path:expr) => { $crate::schema::decode_repeated($value, $path, false) };
    (@decode set, $value:expr, $path:expr) => { $crate::schema::decode_repeated($value, $path, true) };
    (@decode $who:ident, $value:expr, $path:expr) => { $crate::schema::decode_attribute($value, $path) };

    (@encode single, $value:expr) => { $crate::schema::encode_single($value) };
    (@encode list, $value:expr) => { $crate::schema::encode_repeated($value) };
    (@encode set, $value:expr) => { $crate::schema::encode_repeated($value) };
    (@encode $who:ident, $value:expr) => { $crate::schema::encode_attribute($value) };
}
