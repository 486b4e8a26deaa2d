namespace XcpBroker.EndToEnd.Conversations;

/// <summary>A message of a conversation as it goes out, and what the transcript must know of it.</summary>
internal sealed record SpokenMessage
{
    internal required byte[] Bytes { get; init; }

    internal required uint Serial { get; init; }

    /// <summary>The serial stands in the script, so transcripts show it.</summary>
    internal bool IsSerialShown { get; init; }

    internal string Member { get; init; } = "";

    /// <summary>How the reply's body is shown: as it is, or as "sorted", "keys", "type", "process" (the format's README).</summary>
    internal string ReplyShown { get; init; } = "";

    internal int Descriptors { get; init; }

    /// <summary>Every byte in a write of its own.</summary>
    internal bool IsSlow { get; init; }

    /// <summary>Bytes of the body at the end of the message.</summary>
    internal int BodyLength { get; init; }
}
