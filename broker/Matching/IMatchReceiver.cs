namespace XcpBroker.Matching;

/// <summary>Who has match rules.</summary>
internal interface IMatchReceiver
{
    /// <summary>Of use to <see cref="MatchIndex{T}"/> only, which marks with it who was already found for a message.</summary>
    ulong MatchStamp { get; set; }
}
