/// Predictions as text in many styles, good ones and damaged ones, from a seed.
struct DensityTexts {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// A list of densities of one or a few styles, in its steps.
  mutating func prediction() -> (text: String, stepCount: Int) {
    let styles = (0...below(3)).map { _ in below(1 << 30) }
    let stepCount = 1 + below(6)
    let densities = (0..<stepCount).map { _ in
      var styled = DensityTexts(seed: UInt64(pick(styles)))
      return styled.density(depth: 0, numbers: &self)
    }
    let comma = pick([",", ", ", " ,\n  "])
    return (
      pick(["[", " [ "]) + densities.joined(separator: comma) + pick(["]", "\n]\n"]), stepCount
    )
  }

  /// The same with a byte changed, lost, doubled or put in, or cut off.
  mutating func damaged(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    let place = below(bytes.count)
    switch below(5) {
    case 0: bytes[place] = UInt8(below(256))
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(bytes[place], at: place)
    case 3: bytes.insert(pick(Array(#""\{}[],:-+.eE01 x"#.utf8)), at: place)
    default: bytes.removeSubrange(place...)
    }
    return bytes
  }

  /// A density whose words are drawn here and whose numbers are drawn from `numbers`.
  private mutating func density(depth: Int, numbers: inout DensityTexts) -> String {
    let colon = pick([":", ": "])
    let kind = pick(["builtin", "builtin", "builtin", "scipy", "statistics", "mixture", "odd"])
    var members: [String]
    switch kind {
    case "mixture" where depth < 5:
      let parts = (0..<below(4)).map { _ in
        let inner = density(depth: depth + 1, numbers: &numbers)
        let weight = numbers.number(positive: false)
        return "{\"density\"\(colon)\(inner),\"weight\"\(colon)\(weight)}"
      }
      members = [
        "\"type\"\(colon)\"mixture\"", "\"components\"\(colon)[\(parts.joined(separator: ","))]",
      ]
    default:
      let family = pick(
        kind == "statistics"
          ? ["normal"] : ["norm", "t", "beta", "f", "weibull_min", "lognorm", "no\u{301}rm"])
      members = [
        "\"type\"\(colon)\"\(kind)\"", "\"name\"\(colon)\"\(family)\"",
        "\"params\"\(colon){\(params(of: family, colon, &numbers))}",
      ]
    }
    if below(6) == 0 {
      members.append("\"note 1\"\(colon)\(pick(["\"7, \\\" }\"", "null", "[1,[2]]"]))")
    }
    if below(4) == 0 { members.swapAt(0, members.count - 1) }
    let text = "{" + members.joined(separator: pick([",", ", "])) + "}"
    guard depth == 0, below(5) == 0 else { return text }
    return "{\"step\"\(colon)\(numbers.below(1_000)),\"prediction\"\(colon)\(text)}"
  }

  private mutating func params(
    of family: String, _ colon: String, _ numbers: inout DensityTexts
  ) -> String {
    let shapes = [
      "t": ["df"], "beta": ["a", "b"], "f": ["dfn", "dfd"], "lognorm": ["s"],
      "weibull_min": ["c"],
    ]
    var names = shapes[family] ?? []
    names += pick([
      ["loc", "scale"], ["loc", "scale"], ["scale", "loc"], ["scale"], [], ["mu", "sigma"],
    ])
    if below(9) == 0 { names.append(pick(["scale", "loc", "df"])) }
    return names.map { name in
      let value =
        below(15) == 0
        ? pick(["true", "false", "null", "\"1\""])
        : numbers.number(positive: name != "loc" && name != "mu")
      return "\"\(name)\"\(colon)\(value)"
    }.joined(separator: ",")
  }

  private mutating func number(positive: Bool) -> String {
    if below(60) == 0 {
      return pick(["0", "-0", "-1", "-0.0", "1e400", "NaN", "01", "12345678901234567890", "1e-400"])
    }
    let sign = !positive && below(2) == 0 ? "-" : ""
    let digits = "\(1 + below(1 << 30))"
    return sign
      + pick([digits, "0.\(digits)", "\(digits).5", "\(digits)e-5", "0.000\(digits)\(digits)"])
  }
}
