namespace XcpBroker.Config;

/// <summary>What is wrong, or strange, in a configuration, and where.</summary>
/// <param name="File">The file, as it was opened.</param>
/// <param name="Line">From 1; 0: the file as a whole.</param>
/// <param name="Column">From 1, in UTF-16 units; 0: the line, or the file, as a whole.</param>
/// <param name="Message">One line: what is there and what was expected.</param>
public sealed record ConfigProblem(string File, int Line, int Column, string Message)
{
    /// <summary>One line: what is there and what was expected.</summary>
    public string Message { get; init; } = Printable.OneLine(Message);

    /// <summary><c>file:line:column: message</c>, one line.</summary>
    public override string ToString() => Line == 0 ? $"{File}: {Message}" : $"{File}:{Line}:{Column}: {Message}";
}
