/// Reads the tick payload back: the seconds of each asset, in order; nil when it is not the form
/// that the contract gives. Strict and small, so that thousands of simulated games can afford it.
enum TickText {
  static func parse(_ text: String) -> [(asset: String, seconds: [Int64])]? {
    var reader = Reader(bytes: Array(text.utf8))
    return reader.object()
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    mutating func object() -> [(asset: String, seconds: [Int64])]? {
      guard take("{") else { return nil }
      var assets: [(asset: String, seconds: [Int64])] = []
      repeat {
        guard let asset = name(), take(":"), let seconds = series() else { return nil }
        assets.append((asset, seconds))
      } while take(",")
      return take("}") && position == bytes.count ? assets : nil
    }

    mutating func name() -> String? {
      guard take("\"") else { return nil }
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      return take("\"") ? text : nil
    }

    mutating func series() -> [Int64]? {
      guard take("[") else { return nil }
      var seconds: [Int64] = []
      repeat {
        guard take("["), let time = Int64(number()), take(","), Double(number()) != nil, take("]")
        else { return nil }
        seconds.append(time)
      } while take(",")
      return take("]") ? seconds : nil
    }

    mutating func number() -> String {
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: ","),
        bytes[position] != UInt8(ascii: "]")
      { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
  }
}
