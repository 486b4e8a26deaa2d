using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Loop;

namespace XcpBroker.Buffering;

/// <summary>What waits for the owner of one declared name.</summary>
internal sealed class NameBuffer
{
    /// <param name="name">The name.</param>
    /// <param name="declaration">What holds for it.</param>
    /// <param name="totals">What it is a part of.</param>
    /// <param name="emptied">Told whenever nothing waits any more, or is set aside.</param>
    internal NameBuffer(string name, BufferDeclaration declaration, HeldTotals totals, Action<NameBuffer> emptied)
    {
        Name = name;
        Declaration = declaration;
        IsSequenced = declaration.IsDurable;
        Shares = new SenderShares(declaration.MaxMessages, declaration.MaxBytes);
        Action whenEmpty = () => emptied(this);
        Waiting = new HeldQueue(totals, Shares) { Emptied = whenEmpty };
        SetAside = new HeldQueue(new HeldTotals()) { Emptied = whenEmpty };
    }

    internal string Name { get; }

    internal BufferDeclaration Declaration { get; private set; }

    internal SenderShares Shares { get; }

    /// <summary>Calls, unicast signals and calls of StartServiceByName, in the order in which they came; first the durable ones that are given.</summary>
    internal HeldQueue Waiting { get; }

    /// <summary>Durable messages that are not tried again.</summary>
    internal HeldQueue SetAside { get; }

    /// <summary>Nothing waits, and nothing is set aside.</summary>
    internal bool IsEmpty => Waiting.Count + SetAside.Count == 0;

    /// <summary>A descriptor declares it, so it stays.</summary>
    internal bool IsDescribed { get; set; }

    /// <summary>Whose share of which prefix's names it is; null: it is nobody's.</summary>
    internal (NamePrefix Prefix, Connection Sender)? TakenFrom { get; set; }

    /// <summary>It is looked at at the end of the turn: if it is still empty then, and not described, it goes.</summary>
    internal bool IsToBeSwept { get; set; }

    /// <summary>Everything to the name passes <see cref="Waiting"/> as long as something is in it, also while it has an owner.</summary>
    internal bool IsSequenced { get; set; }

    /// <summary>The last durable message that an owner was given and has not confirmed.</summary>
    internal HeldMessage? LastGiven { get; private set; }

    /// <summary>Who was given these.</summary>
    internal Connection? GivenTo { get; private set; }

    internal int GivenCount { get; private set; }

    internal long GivenBytes { get; private set; }

    /// <summary>The next message that the owner is to be given.</summary>
    internal HeldMessage? Next => LastGiven is null ? Waiting.First : LastGiven.Next;

    /// <summary>A message that was delivered before is given, and nothing goes beside it.</summary>
    internal bool IsOneAlone => LastGiven?.Durable is { Deliveries: > 1 };

    /// <summary>The ping that the owner has not answered; 0: none.</summary>
    internal uint PingSerial { get; set; }

    /// <summary>The last message that a ping went behind.</summary>
    internal ulong PingedUpTo { get; set; }

    /// <summary>When the owner may have room again.</summary>
    internal Deadline Later { get; set; }

    /// <summary>A message could not be kept on disk since the last one was: said once in the log.</summary>
    internal bool IsUnwritten { get; set; }

    /// <summary>The descriptors in force don't declare it any more: what waits may go on, nothing new comes in.</summary>
    internal bool IsWithdrawn { get; set; }

    /// <summary>Messages that waited when it was said last that it is full; 0: since then there has been room.</summary>
    internal int FullAt { get; set; }

    /// <summary>When the service is started again.</summary>
    internal Deadline Retry { get; set; }

    /// <summary>Why nobody owned the name when a start failed last; null: none has.</summary>
    internal string? LastFailure { get; set; }

    /// <summary>Other limits, for what comes from now on.</summary>
    internal void Change(BufferDeclaration declaration)
    {
        Declaration = declaration;
        IsWithdrawn = false;
        IsSequenced |= declaration.IsDurable;
        Shares.Resize(declaration.MaxMessages, declaration.MaxBytes);
    }

    /// <summary>An owner has been given <see cref="Next"/>.</summary>
    internal void Gave(HeldMessage message, Connection owner)
    {
        LastGiven = message;
        GivenTo = owner;
        GivenCount++;
        GivenBytes += message.Length;
    }

    /// <summary>Nobody has been given anything.</summary>
    internal void ForgetGiven()
    {
        LastGiven = null;
        GivenTo = null;
        GivenCount = 0;
        GivenBytes = 0;
        PingSerial = 0;
        PingedUpTo = 0;
    }

    /// <summary>Takes a durable message out of the queue that it is in.</summary>
    internal void Leave(HeldMessage message)
    {
        if (message.Durable is { IsGiven: true } entry)
        {
            entry.IsGiven = false;
            GivenCount--;
            GivenBytes -= message.Length;
            while (LastGiven is { Durable.IsGiven: false } or { Durable: null })
            {
                LastGiven = LastGiven.Previous;
            }
        }

        message.Queue!.Remove(message);
    }
}
