/// The bounds of one prediction's densities; beyond one it is failed with the limit in its reason.
public struct DensityLimits: Hashable, Sendable {
  /// Evaluations of single distributions that scoring may take: components × grid points × steps.
  ///
  /// Default 2^24: 56 components in each of 288 steps on CRPS's 1024 points, about 0.1 s; the
  /// density score has one point a step and never gets there within 64 MiB of JSON.
  public var evaluationsMax = 1 << 24
  /// The longest stored JSON, bytes. Default 64 MiB, the ceiling of a reply.
  public var bytesMax = 64 << 20
  /// The deepest nesting of the JSON. Default 64; a mixture of the greatest depth nests 13.
  public var jsonDepthMax = 64

  /// The default limits.
  public init() {}

  /// How deep a density may lie in mixtures: three around it pass, four fail.
  public static let mixtureDepthMax = 3
  /// Mixtures on any path from a step's density down. `mixtureDepthMax` is reached first; named
  /// because it is part of the format.
  public static let mixturesOnPathMax = 5
  /// The greatest score that is stored. PostgreSQL's `avg` squares what it averages and fails above
  /// 1e154; a million scores of 1e100 square and add up to 1e206.
  public static let scoreMax = 1e100
}
