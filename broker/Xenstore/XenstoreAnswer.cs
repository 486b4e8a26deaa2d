namespace XcpBroker.Xenstore;

/// <summary>What xenstore says to a request.</summary>
/// <param name="Error">Why it was not done: its own word, as <c>ENOENT</c>, or <see cref="Lost"/>. Null: it was.</param>
/// <param name="Payload">What was asked for; empty with an error.</param>
internal readonly record struct XenstoreAnswer(string? Error, ReadOnlyMemory<byte> Payload)
{
    /// <summary>There is no connection any more; this and all later answers say so.</summary>
    internal const string Lost = "no connection";

    /// <summary>There is no such node.</summary>
    internal const string NoNode = "ENOENT";

    /// <summary>The transaction met changes by others: nothing of it was done.</summary>
    internal const string Again = "EAGAIN";

    /// <summary>The list is too long for one packet.</summary>
    internal const string TooBig = "E2BIG";

    internal bool IsDone => Error is null;

    /// <summary>The value as text; null: an error, or no text.</summary>
    internal string? Text => IsDone ? XenstoreText.Value(Payload.Span) : null;

    /// <summary>The list as texts; empty with an error.</summary>
    internal IReadOnlyList<string> Texts => XenstoreText.Split(Payload.Span);
}
