namespace XcpBroker.Startup;

/// <summary>The broker cannot start as it was told to. The message is one line for the operator.</summary>
internal sealed class StartException(string message) : Exception(message);
