namespace XcpBroker.Config;

/// <summary>A directory with descriptions of services that can be started.</summary>
/// <param name="Path">Where it is; rooted. It need not exist.</param>
/// <param name="IsWatched">Whether a change in it is followed without being asked to.</param>
/// <param name="RequiresMatchingFileNames">Whether a file that is not named after its service is ignored.</param>
public sealed record ServiceDirectory(string Path, bool IsWatched, bool RequiresMatchingFileNames);
