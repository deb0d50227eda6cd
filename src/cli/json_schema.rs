//! The schemas of all JSON documents, by name.

use serde_json::Value;

use super::check_product::ProductCheckReport;
use super::lock::LockReport;
use super::result::ActionResults;
use super::roles::RolesReport;
use crate::estate::Estate;
use crate::init::SetupReport;
use crate::report::{
    CodeList, Discovery, DoctorReport, JsonDocument, ProductList, ProductReport, Replayed, Report,
    RunEventLine, json_schema,
};

/// A JSON document's schema.
pub struct DocumentSchema {
    /// The name on the command line, and of the schema's file.
    pub name: &'static str,
    /// The value of the document's key `format`.
    pub format: &'static str,
    pub title: &'static str,
    schema: fn() -> Value,
}

pub const DOCUMENT_SCHEMAS: &[DocumentSchema] = &[
    DocumentSchema::new::<Report>(),
    DocumentSchema::new::<ActionResults>(),
    DocumentSchema::new::<DoctorReport<'static>>(),
    DocumentSchema::new::<Discovery>(),
    DocumentSchema::new::<Estate>(),
    DocumentSchema::new::<RolesReport>(),
    DocumentSchema::new::<Replayed>(),
    DocumentSchema::new::<CodeList>(),
    DocumentSchema::new::<ProductList>(),
    DocumentSchema::new::<ProductReport>(),
    DocumentSchema::new::<ProductCheckReport>(),
    DocumentSchema::new::<LockReport>(),
    DocumentSchema::new::<SetupReport>(),
    DocumentSchema::new::<RunEventLine>(),
];

impl DocumentSchema {
    const fn new<T: JsonDocument>() -> Self {
        Self {
            name: T::NAME,
            format: T::FORMAT,
            title: T::TITLE,
            schema: json_schema::<T>,
        }
    }

    pub fn text(&self) -> String {
        format!("{:#}\n", (self.schema)())
    }
}
