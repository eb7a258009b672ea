internal import CSimdJSON

/// Builds a `JSONValue` from the values that the shim tells in document order.
///
/// A container's elements (or, in an object, keys and values in turn) lie on one stack until it
/// ends.
final class JSONValueBuilder {
  private var pending: [JSONValue] = []
  private var starts: [Int] = []

  /// The document's outermost value, once all is told.
  var root: JSONValue { pending.last ?? .null }

  /// The functions that the shim calls, with an unretained builder as their context.
  static var visitor: updraft_json_visitor {
    updraft_json_visitor(
      null: { builder($0).push(.null) },
      boolean: { builder($0).push(.bool($1)) },
      integer: { builder($0).push(.int($1)) },
      real: { builder($0).push(.double($1)) },
      string: { builder($0).push(.string(text($1, $2))) },
      key: { builder($0).push(.string(text($1, $2))) },
      begin: { builder($0).begin() },
      end_array: { builder($0).endArray() },
      end_object: { builder($0).endObject() })
  }

  private func push(_ value: JSONValue) { pending.append(value) }

  private func begin() { starts.append(pending.count) }

  private func takeContainer() -> [JSONValue] {
    guard let start = starts.popLast() else { return [] }
    let elements = Array(pending[start...])
    pending.removeSubrange(start...)
    return elements
  }

  private func endArray() { push(.array(takeContainer())) }

  private func endObject() {
    let values = takeContainer()
    let members = stride(from: 0, to: values.count - 1, by: 2).map { index in
      JSONMember(key: values[index].stringValue ?? "", value: values[index + 1])
    }
    push(.object(members))
  }
}

private func builder(_ context: UnsafeMutableRawPointer) -> JSONValueBuilder {
  Unmanaged<JSONValueBuilder>.fromOpaque(context).takeUnretainedValue()
}

private func text(_ start: UnsafePointer<CChar>, _ length: Int) -> String {
  String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
}
