namespace XcpBroker.Diagnostics;

/// <summary>A value of a log line, by the name that its template has for it.</summary>
/// <param name="Name">As in the template: <c>Connection</c>.</param>
/// <param name="Value">One line, at most <see cref="LogLine.MaxLength"/> characters.</param>
internal readonly record struct LogField(string Name, string Value);
