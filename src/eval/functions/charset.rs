//! Character encodings by IANA name, as far as `encoding_rs` has them: Go's `ianaindex` knows a few more old code pages.

use encoding_rs::Encoding;

/// An encoding.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    Utf8,
    /// UTF-16, with the byte order and whether a byte order mark is used.
    Utf16 {
        little: bool,
        marked: bool,
    },
    Ascii,
    Latin1,
    Other(&'static Encoding),
    /// Terraform supports it, kmslint does not.
    Unsupported,
}

/// The lowercase names of each encoding.
const NAMES: &[(&[&str], Charset)] = &[
    (&["utf-8", "csutf8"], Charset::Utf8),
    (&["utf-16", "csutf16"], Charset::Utf16 { little: false, marked: true }),
    (&["utf-16be", "csutf16be"], Charset::Utf16 { little: false, marked: false }),
    (&["utf-16le", "csutf16le"], Charset::Utf16 { little: true, marked: false }),
    (
        &["us-ascii", "iso-ir-6", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso_646.irv:1991", "iso646-us", "us", "ibm367", "cp367", "csascii"],
        Charset::Ascii,
    ),
    (&["iso-8859-1", "iso_8859-1:1987", "iso-ir-100", "iso_8859-1", "latin1", "l1", "ibm819", "cp819", "csisolatin1"], Charset::Latin1),
    (
        &["iso-8859-2", "iso_8859-2:1987", "iso-ir-101", "iso_8859-2", "latin2", "l2", "csisolatin2"],
        Charset::Other(encoding_rs::ISO_8859_2),
    ),
    (
        &["iso-8859-3", "iso_8859-3:1988", "iso-ir-109", "iso_8859-3", "latin3", "l3", "csisolatin3"],
        Charset::Other(encoding_rs::ISO_8859_3),
    ),
    (
        &["iso-8859-4", "iso_8859-4:1988", "iso-ir-110", "iso_8859-4", "latin4", "l4", "csisolatin4"],
        Charset::Other(encoding_rs::ISO_8859_4),
    ),
    (
        &["iso-8859-5", "iso_8859-5:1988", "iso-ir-144", "iso_8859-5", "cyrillic", "csisolatincyrillic"],
        Charset::Other(encoding_rs::ISO_8859_5),
    ),
    (&["iso-8859-6", "iso_8859-6:1987", "iso-ir-127", "iso_8859-6", "arabic", "csisolatinarabic"], Charset::Other(encoding_rs::ISO_8859_6)),
    (
        &["iso-8859-7", "iso_8859-7:1987", "iso-ir-126", "iso_8859-7", "greek", "greek8", "csisolatingreek"],
        Charset::Other(encoding_rs::ISO_8859_7),
    ),
    (&["iso-8859-8", "iso_8859-8:1988", "iso-ir-138", "iso_8859-8", "hebrew", "csisolatinhebrew"], Charset::Other(encoding_rs::ISO_8859_8)),
    (&["iso-8859-10", "iso-ir-157", "l6", "iso_8859-10:1992", "csisolatin6", "latin6"], Charset::Other(encoding_rs::ISO_8859_10)),
    (&["iso-8859-13", "csiso885913"], Charset::Other(encoding_rs::ISO_8859_13)),
    (
        &["iso-8859-14", "iso-ir-199", "iso_8859-14:1998", "iso_8859-14", "latin8", "iso-celtic", "l8"],
        Charset::Other(encoding_rs::ISO_8859_14),
    ),
    (&["iso-8859-15", "iso_8859-15", "latin-9", "csiso885915"], Charset::Other(encoding_rs::ISO_8859_15)),
    (&["iso-8859-16", "iso-ir-226", "iso_8859-16:2001", "iso_8859-16", "latin10", "l10"], Charset::Other(encoding_rs::ISO_8859_16)),
    (&["windows-874", "cswindows874"], Charset::Other(encoding_rs::WINDOWS_874)),
    (&["windows-1250", "cswindows1250"], Charset::Other(encoding_rs::WINDOWS_1250)),
    (&["windows-1251", "cswindows1251"], Charset::Other(encoding_rs::WINDOWS_1251)),
    (&["windows-1252", "cswindows1252"], Charset::Other(encoding_rs::WINDOWS_1252)),
    (&["windows-1253", "cswindows1253"], Charset::Other(encoding_rs::WINDOWS_1253)),
    (&["windows-1254", "cswindows1254"], Charset::Other(encoding_rs::WINDOWS_1254)),
    (&["windows-1255", "cswindows1255"], Charset::Other(encoding_rs::WINDOWS_1255)),
    (&["windows-1256", "cswindows1256"], Charset::Other(encoding_rs::WINDOWS_1256)),
    (&["windows-1257", "cswindows1257"], Charset::Other(encoding_rs::WINDOWS_1257)),
    (&["windows-1258", "cswindows1258"], Charset::Other(encoding_rs::WINDOWS_1258)),
    (&["koi8-r", "cskoi8r"], Charset::Other(encoding_rs::KOI8_R)),
    (&["koi8-u", "cskoi8u"], Charset::Other(encoding_rs::KOI8_U)),
    (&["ibm866", "cp866", "866", "csibm866"], Charset::Other(encoding_rs::IBM866)),
    (&["macintosh", "mac", "csmacintosh"], Charset::Other(encoding_rs::MACINTOSH)),
    (&["shift_jis", "ms_kanji", "csshiftjis"], Charset::Other(encoding_rs::SHIFT_JIS)),
    (&["euc-jp", "extended_unix_code_packed_format_for_japanese", "cseucpkdfmtjapanese"], Charset::Other(encoding_rs::EUC_JP)),
    (&["gbk", "cp936", "ms936", "windows-936", "csgbk"], Charset::Other(encoding_rs::GBK)),
    (&["gb18030", "csgb18030"], Charset::Other(encoding_rs::GB18030)),
    (&["big5", "csbig5"], Charset::Other(encoding_rs::BIG5)),
    (&["euc-kr", "cseuckr"], Charset::Other(encoding_rs::EUC_KR)),
    (
        &[
            "ibm037",
            "cp037",
            "ibm437",
            "cp437",
            "437",
            "ibm850",
            "cp850",
            "850",
            "ibm852",
            "cp852",
            "852",
            "ibm855",
            "cp855",
            "855",
            "ibm00858",
            "cp00858",
            "ccsid00858",
            "ibm860",
            "cp860",
            "860",
            "ibm862",
            "cp862",
            "862",
            "ibm863",
            "cp863",
            "863",
            "ibm865",
            "cp865",
            "865",
            "ibm1047",
            "ibm-1047",
            "ibm01140",
            "cp01140",
            "ccsid01140",
            "iso-8859-6-e",
            "iso-8859-6-i",
            "iso-8859-8-e",
            "iso-8859-8-i",
            "iso-2022-jp",
            "csiso2022jp",
            "hz-gb-2312",
            "gb2312",
            "csgb2312",
            "iso-8859-9",
            "latin5",
            "iso_8859-9:1989",
            "iso-ir-148",
            "iso_8859-9",
            "l5",
            "csisolatin5",
        ],
        Charset::Unsupported,
    ),
];

impl Charset {
    /// The encoding with a name, ignoring case.
    pub(super) fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        NAMES.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, charset)| *charset)
    }

    /// The bytes of a text; `None` if a character cannot be represented.
    pub(super) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf16 { little, marked } => {
                let mark = marked.then_some(0xfeff);
                let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
                Some(mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect())
            }
            Self::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
            Self::Other(encoding) => {
                let (bytes, _, unmappable) = encoding.encode(text);
                // Some bytes of Windows code pages are undefined in Go, but control characters in browsers and `encoding_rs`.
                let undefined = encoding.is_single_byte() && text.contains(|c| ('\u{80}'..'\u{a0}').contains(&c)) && is_windows(encoding);
                let ambiguous = encoding == encoding_rs::SHIFT_JIS && text.contains(['\u{a5}', '\u{203e}']);
                (!unmappable && !undefined && !ambiguous).then(|| bytes.into_owned())
            }
            Self::Unsupported => None,
        }
    }

    /// The text of bytes; `None` if they are not valid in this encoding.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<String> {
        let text = match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok()?,
            Self::Utf16 { little, marked } => {
                let (little, bytes) = match bytes {
                    [0xff, 0xfe, rest @ ..] if marked => (true, rest),
                    [0xfe, 0xff, rest @ ..] if marked => (false, rest),
                    bytes => (little, bytes),
                };
                let units = bytes.chunks(2).map(|pair| match pair {
                    [first, second] if little => Some(u16::from_le_bytes([*first, *second])),
                    [first, second] => Some(u16::from_be_bytes([*first, *second])),
                    _ => None,
                });
                String::from_utf16(&units.collect::<Option<Vec<_>>>()?).ok()?
            }
            Self::Ascii => String::from_utf8(bytes.to_vec()).ok().filter(|text| text.is_ascii())?,
            Self::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Self::Other(encoding) => {
                let (text, malformed) = encoding.decode_without_bom_handling(bytes);
                if malformed || (is_windows(encoding) && text.contains(|c| ('\u{80}'..'\u{a0}').contains(&c))) {
                    return None;
                }
                text.into_owned()
            }
            Self::Unsupported => return None,
        };
        (!text.contains(char::REPLACEMENT_CHARACTER)).then_some(text)
    }
}

fn is_windows(encoding: &'static Encoding) -> bool {
    encoding.name().starts_with("windows-")
}
