namespace XcpBroker.Config;

/// <summary>What a listen address may refer to without containing it.</summary>
/// <param name="WorkingDirectory">Where relative paths begin; rooted.</param>
/// <param name="RuntimeDirectory">$XDG_RUNTIME_DIR; null or empty when it is not set.</param>
public sealed record AddressSurroundings(string WorkingDirectory, string? RuntimeDirectory);
