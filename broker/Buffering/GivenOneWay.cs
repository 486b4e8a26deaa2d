using XcpBroker.Connections;
using XcpBroker.Loop;

namespace XcpBroker.Buffering;

/// <summary>How many one-way messages to declared names an owner has been given and may not have read.</summary>
/// <remarks>
/// Nobody confirms them, so the transport is asked from time to time how much the owner has left unread. The number is the most that it can
/// be: of what was given since it was asked last, some may have been read.
/// </remarks>
internal sealed class GivenOneWay(Connection owner, BusLoop loop)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>No message is shorter: the fixed header is 16 bytes, and each has a path or interface, a member and a sender.</summary>
    private const int ShortestMessage = 64;

    private Deadline _nextLook;

    /// <summary>The most that it has not read.</summary>
    internal long Count { get; private set; }

    /// <summary>It has been given one more.</summary>
    internal void Add()
    {
        if (Count++ == 0)
        {
            LookLater();
        }
    }

    /// <summary>It is not looked at any more.</summary>
    internal void Stop() => _nextLook.Cancel();

    private void LookLater() => _nextLook = loop.Deadlines.After(Interval, static state => ((GivenOneWay)state!).Look(), this);

    private void Look()
    {
        long unread = owner.QueuedBytes + owner.Transport.UnreadBytes;
        Count = Math.Min(Count, (unread + ShortestMessage - 1) / ShortestMessage);
        if (Count > 0)
        {
            LookLater();
        }
    }
}
