namespace XcpBroker.Diagnostics;

/// <summary>Where log lines end. Used by the one thread of <see cref="LogQueue"/>, and may block it.</summary>
internal interface ILogTarget
{
    /// <summary>False when the line is lost.</summary>
    bool TryWrite(LogLine line);
}
