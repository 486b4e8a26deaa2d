namespace XcpBroker.Config;

/// <summary>A directory with descriptions of services that can be started.</summary>
/// <param name="Path">Where it is; rooted. It need not exist.</param>
/// <param name="IsTransient">Whether the bus makes it, for what is to be described while the host runs; its parent's parent must exist.</param>
/// <param name="RequiresMatchingFileNames">Whether a file that is not named after its service is ignored.</param>
public sealed record ServiceDirectory(string Path, bool IsTransient, bool RequiresMatchingFileNames);
