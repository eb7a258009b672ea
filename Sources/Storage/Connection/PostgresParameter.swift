internal import CLibPQ
public import Competition

/// A value for `$1`, `$2`, … of a statement; the server infers its type from where it stands.
public enum PostgresParameter: Sendable {
  /// SQL NULL.
  case null
  /// Text; a NUL, which PostgreSQL can't keep, is sent as U+FFFD.
  case text(String)
  /// A whole number.
  case int(Int)
  /// A floating-point number, also NaN and infinity.
  case double(Double)
  /// A truth value.
  case bool(Bool)
  /// A time, for `timestamp` and `timestamptz` alike.
  case time(UTCTime)
  /// An array of text.
  case texts([String])
  /// The exact bytes of a JSON text, for `json`.
  case json(ByteView)

  /// The bytes to send, without a terminator; nil for NULL.
  var bytes: [UInt8]? {
    switch self {
    case .null: nil
    case .text(let text): Array(text.withoutNUL.utf8)
    case .int(let value): Array(String(value).utf8)
    case .double(let value): Array(String(value).utf8)
    case .bool(let value): [value ? 0x74 : 0x66]
    case .time(let time): Array(time.iso8601.utf8)
    case .texts(let texts): Self.arrayLiteral(texts)
    case .json(let view): view.array
    }
  }

  /// 0: inferred by the server.
  var type: Oid { if case .json = self { PostgresType.json } else { 0 } }

  /// JSON goes in binary format, with its length, so that a NUL in it is seen by the server.
  var isBinary: Bool { if case .json = self { true } else { false } }

  /// `{"a","b\"c"}`: every element quoted, quotes and backslashes escaped.
  private static func arrayLiteral(_ texts: [String]) -> [UInt8] {
    var literal: [UInt8] = [0x7B]
    for (index, text) in texts.enumerated() {
      if index > 0 { literal.append(0x2C) }
      literal.append(0x22)
      for byte in text.withoutNUL.utf8 {
        if byte == 0x22 || byte == 0x5C { literal.append(0x5C) }
        literal.append(byte)
      }
      literal.append(0x22)
    }
    literal.append(0x7D)
    return literal
  }
}

extension String {
  /// The text with every NUL as U+FFFD: PostgreSQL's text types can't hold a NUL.
  var withoutNUL: String {
    utf8.contains(0) ? String(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : Character($0) }) : self
  }
}

/// The numbers of PostgreSQL's built-in types, from its `pg_type` catalogue.
enum PostgresType {
  static let bool: Oid = 16
  static let int8: Oid = 20
  static let int2: Oid = 21
  static let int4: Oid = 23
  static let text: Oid = 25
  static let oid: Oid = 26
  static let json: Oid = 114
  static let float4: Oid = 700
  static let float8: Oid = 701
  static let varchar: Oid = 1043
  static let timestamp: Oid = 1114
  static let timestamptz: Oid = 1184
  /// `name`, `char` and others whose binary form is their text.
  static let textual: Set<Oid> = [18, 19, text, json, varchar, 1042]
}
