/// The price API's answer as JSON text, `{"timestamp":[…],"close":[…]}`.
public enum PriceAnswerText {
  /// The points as UTF-8; prices as the shortest text that reads back as the same number.
  public static func bytes(of points: [PricePoint]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(32 + points.count * 22)
    text += #"{"timestamp":["#.utf8
    append(points, to: &text) { $0.timestampSeconds.description }
    text += #"],"close":["#.utf8
    append(points, to: &text) { $0.price.description }
    text += "]}".utf8
    return text
  }

  private static func append(
    _ points: [PricePoint], to text: inout [UInt8], _ number: (PricePoint) -> String
  ) {
    var isFirst = true
    for point in points {
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      text += number(point).utf8
    }
  }
}
