internal import JSON

/// Reading one distribution and its parameters.
extension DensityReader {
  func readLeaf(_ parts: DensityParts, _ tape: JSONTape, _ kind: Word) throws(Misread) -> Leaf {
    let name = parts.name.flatMap { tape.text(at: $0) }.flatMap { Word($0) }
    guard let params = parts.params, tape.kind(at: params) == .object else {
      throw Misread("params must be an object, got \(described(parts.params, tape))")
    }
    if kind == words.statistics {
      guard name == words.normal else {
        throw Misread("statistics knows \"normal\" alone, got \(described(parts.name, tape))")
      }
      return try readNormal(params, tape)
    }
    guard let family = words.families.first(where: { $0.name == name }) else {
      throw Misread("there is no distribution \(described(parts.name, tape)) here")
    }
    return kind == words.scipy
      ? try readScipy(family, params, tape) : try readBuiltin(family, params, tape)
  }

  /// All parameters are required, others are ignored.
  private func readBuiltin(
    _ family: FamilyWords, _ params: Int, _ tape: JSONTape
  ) throws(Misread) -> Leaf {
    let found = Parameters(of: params, tape, family, words)
    return try leaf(
      family, .builtin, found, tape,
      location: number(at: found.location, tape, "params.loc"),
      scale: number(at: found.scale, tape, "params.scale"))
  }

  /// Shapes are required, `loc` is 0 and `scale` 1 unless given, others are refused.
  private func readScipy(
    _ family: FamilyWords, _ params: Int, _ tape: JSONTape
  ) throws(Misread) -> Leaf {
    let found = Parameters(of: params, tape, family, words)
    if let unknown = found.unknown {
      throw Misread("scipy's \(family.family.name) has no parameter \(described(unknown, tape))")
    }
    return try leaf(
      family, .scipy, found, tape,
      location: found.location == nil ? 0 : number(at: found.location, tape, "params.loc"),
      scale: found.scale == nil ? 1 : number(at: found.scale, tape, "params.scale"))
  }

  private func leaf(
    _ words: FamilyWords, _ dialect: Leaf.Dialect, _ found: Parameters, _ tape: JSONTape,
    location: Double, scale: Double
  ) throws(Misread) -> Leaf {
    let family = words.family
    var leaf = Leaf(family: family, dialect: dialect, location: location, scale: scale)
    if words.shape != nil { leaf.shape = try shape(0, of: family, at: found.shape, tape) }
    if words.secondShape != nil {
      leaf.secondShape = try shape(1, of: family, at: found.secondShape, tape)
    }
    guard scale > 0 else { throw Misread("params.scale must be > 0, got \(scale)") }
    return leaf
  }

  private func shape(
    _ index: Int, of family: Family, at value: Int?, _ tape: JSONTape
  ) throws(Misread) -> Double {
    // The name is made into text on failure alone: this runs once a parameter of every density.
    guard let value, let shape = tape.number(at: value), shape > 0 else {
      let name = "params.\(family.shapeNames[index])"
      let number = try number(at: value, tape, name)
      throw Misread("\(name) must be > 0, got \(number)")
    }
    return shape
  }

  /// Python's `NormalDist`: `mu` and `sigma` win over `loc` and `scale`, 0 and 1 stand for none.
  private func readNormal(_ params: Int, _ tape: JSONTape) throws(Misread) -> Leaf {
    var (mu, sigma, location, scale): (Int?, Int?, Int?, Int?)
    for member in Members(of: params, tape) {
      switch member.key {
      case words.mu: mu = member.value
      case words.sigma: sigma = member.value
      case words.location: location = member.value
      case words.scale: scale = member.value
      default: break
      }
    }
    let center = try mu ?? location == nil ? 0 : number(at: mu ?? location, tape, "params.mu")
    let width = try sigma ?? scale == nil ? 1 : number(at: sigma ?? scale, tape, "params.sigma")
    guard width > 0 else { throw Misread("params.sigma must be > 0, got \(width)") }
    return Leaf(family: .norm, dialect: .builtin, location: center, scale: width)
  }

  /// The number at `index`, which `name` is for people.
  func number(at index: Int?, _ tape: JSONTape, _ name: String) throws(Misread) -> Double {
    guard let index else { throw Misread("\(name) is missing") }
    guard let number = tape.number(at: index) else {
      throw Misread("\(name) must be a number, got \(described(index, tape))")
    }
    return number
  }
}

/// Where the parameters of a distribution are; nil for a missing one.
private struct Parameters {
  private(set) var location: Int?
  private(set) var scale: Int?
  private(set) var shape: Int?
  private(set) var secondShape: Int?
  /// The key of one that the distribution doesn't have.
  private(set) var unknown: Int?

  @inline(__always)
  init(of object: Int, _ tape: JSONTape, _ family: FamilyWords, _ words: Vocabulary) {
    for member in Members(of: object, tape) {
      if member.key == words.location {
        location = member.value
      } else if member.key == words.scale {
        scale = member.value
      } else if let word = family.shape, member.key == word {
        shape = member.value
      } else if let word = family.secondShape, member.key == word {
        secondShape = member.value
      } else {
        unknown = member.keyIndex
      }
    }
  }
}
