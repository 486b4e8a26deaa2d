using XcpBroker.Config.Services;
using XcpBroker.Loop;

namespace XcpBroker.Buffering;

/// <summary>What waits for the owner of one declared name.</summary>
internal sealed class NameBuffer
{
    internal NameBuffer(string name, BufferDeclaration declaration, HeldTotals totals)
    {
        Name = name;
        Declaration = declaration;
        Shares = new SenderShares(declaration.MaxMessages, declaration.MaxBytes);
        Waiting = new HeldQueue(totals, Shares);
    }

    internal string Name { get; }

    internal BufferDeclaration Declaration { get; private set; }

    internal SenderShares Shares { get; }

    /// <summary>Calls, unicast signals and calls of StartServiceByName, in the order in which they came.</summary>
    internal HeldQueue Waiting { get; }

    /// <summary>The descriptors in force don't declare it any more: what waits may go on, nothing new comes in.</summary>
    internal bool IsWithdrawn { get; set; }

    /// <summary>A message was refused since the last one fitted: said once in the log.</summary>
    internal bool IsFull { get; set; }

    /// <summary>When the service is started again.</summary>
    internal Deadline Retry { get; set; }

    /// <summary>Why nobody owned the name when a start failed last; null: none has.</summary>
    internal string? LastFailure { get; set; }

    /// <summary>Other limits, for what comes from now on.</summary>
    internal void Change(BufferDeclaration declaration)
    {
        Declaration = declaration;
        IsWithdrawn = false;
        Shares.Resize(declaration.MaxMessages, declaration.MaxBytes);
    }
}
