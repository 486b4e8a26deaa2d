using XcpBroker.Protocol.Marshalling;
using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>A process to be made.</summary>
internal sealed record ChildCommand
{
    /// <summary>Rooted path of the program, or relative to "/": there is no search path. Null: the first argument.</summary>
    internal string? Program { get; init; }

    /// <summary>What the program finds as its arguments, its own name first; at least one.</summary>
    internal required IReadOnlyList<byte[]> Arguments { get; init; }

    /// <summary>The program that is executed.</summary>
    internal string Path => Program ?? StrictUtf8.Instance.GetString(Arguments[0]);

    /// <summary>The whole environment.</summary>
    internal required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Whether it keeps our protection from the out-of-memory killer.</summary>
    internal bool KeepsOomScore { get; init; }

    /// <summary>Whether the program itself may tell, on the status descriptor, why it has failed.</summary>
    internal bool TellsFailure { get; init; }

    /// <summary>Whom it runs as; null: as this process.</summary>
    internal UserAccount? Account { get; init; }

    internal static IReadOnlyList<byte[]> Encode(IEnumerable<string> arguments) => [.. arguments.Select(NativeStrings.Encode)];
}
