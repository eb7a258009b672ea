/// The words of a density, made once per reader. A class, so that nobody copies it.
final class Vocabulary {
  let type = Word("type")
  let name = Word("name")
  let params = Word("params")
  let components = Word("components")
  let density = Word("density")
  let weight = Word("weight")
  let prediction = Word("prediction")

  let builtin = Word("builtin")
  let scipy = Word("scipy")
  let statistics = Word("statistics")
  let mixture = Word("mixture")

  let location = Word("loc")
  let scale = Word("scale")
  let mu = Word("mu")
  let sigma = Word("sigma")
  let normal = Word("normal")

  let families: [FamilyWords] = Family.allCases.map { FamilyWords($0) }
}

/// The words of a distribution.
struct FamilyWords {
  let family: Family
  let name: Word
  /// The first and second shape; nil where the distribution has none.
  let shape: Word?
  let secondShape: Word?

  init(_ family: Family) {
    self.family = family
    let shapes = family.shapeNames.map(Self.word)
    name = Self.word(family.name)
    shape = shapes.first
    secondShape = shapes.dropFirst().first
  }

  private static func word(_ text: String) -> Word {
    Array(text.utf8).withUnsafeBytes { Word($0) } ?? Word("")
  }
}
