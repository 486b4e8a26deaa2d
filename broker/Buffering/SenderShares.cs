using XcpBroker.Connections;
using XcpBroker.Quotas;

namespace XcpBroker.Buffering;

/// <summary>How much of one buffer each sender has: none can take what others will need, or push them out.</summary>
/// <remarks>The rule is that of <see cref="SharedPool"/>: of n senders, each may have as much as n of its kind would leave over.</remarks>
internal sealed class SenderShares(int maxMessages, long maxBytes)
{
    private readonly Dictionary<Connection, Share> _shares = [];
    private readonly SharedPool _messages = new(maxMessages);
    private readonly SharedPool _bytes = new(maxBytes);

    internal void Resize(int messages, long bytes)
    {
        _messages.Resize(messages);
        _bytes.Resize(bytes);
    }

    /// <summary>Whether a message could fit if there were no other.</summary>
    internal bool CouldTake(int bytes) => _messages.CouldHold(1) && _bytes.CouldHold(bytes);

    /// <summary>Takes room for one message of a sender.</summary>
    internal bool TryTake(Connection sender, int bytes)
    {
        bool isKnown = _shares.TryGetValue(sender, out Share? share);
        share ??= new Share();
        if (!_messages.TryRaise(share.Messages, share.Messages + 1))
        {
            return false;
        }

        if (!_bytes.TryRaise(share.Bytes, share.Bytes + bytes))
        {
            _messages.Lower(share.Messages + 1, share.Messages);
            return false;
        }

        share.Messages++;
        share.Bytes += bytes;
        if (!isKnown)
        {
            _shares.Add(sender, share);
        }

        return true;
    }

    /// <summary>Gives back what <see cref="TryTake"/> took for one message.</summary>
    internal void GiveBack(Connection sender, int bytes)
    {
        Share share = _shares[sender];
        _messages.Lower(share.Messages, share.Messages - 1);
        _bytes.Lower(share.Bytes, share.Bytes - bytes);
        share.Messages--;
        share.Bytes -= bytes;
        if (share.Messages == 0)
        {
            _shares.Remove(sender);
        }
    }

    /// <summary>The message of a sender that has waited longest, of those that <see cref="Enter"/> was told of.</summary>
    internal HeldMessage? OldestOf(Connection sender) => _shares.GetValueOrDefault(sender)?.Oldest;

    /// <summary>A message for which room was taken is in the buffer now.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isOldest">It comes before all of its sender's; otherwise behind them.</param>
    internal void Enter(HeldMessage message, bool isOldest)
    {
        Share share = _shares[message.Sender];
        if (share.Oldest is null)
        {
            share.Oldest = message;
            share.Newest = message;
        }
        else if (isOldest)
        {
            message.NewerOfShare = share.Oldest;
            share.Oldest.OlderOfShare = message;
            share.Oldest = message;
        }
        else
        {
            message.OlderOfShare = share.Newest;
            share.Newest!.NewerOfShare = message;
            share.Newest = message;
        }
    }

    /// <summary>A message is not in the buffer any more; gives its room back.</summary>
    internal void Leave(HeldMessage message)
    {
        Share share = _shares[message.Sender];
        if (message.OlderOfShare is { } older)
        {
            older.NewerOfShare = message.NewerOfShare;
        }
        else
        {
            share.Oldest = message.NewerOfShare;
        }

        if (message.NewerOfShare is { } newer)
        {
            newer.OlderOfShare = message.OlderOfShare;
        }
        else
        {
            share.Newest = message.OlderOfShare;
        }

        message.OlderOfShare = null;
        message.NewerOfShare = null;
        GiveBack(message.Sender, message.Length);
    }

    private sealed class Share
    {
        internal int Messages { get; set; }

        internal long Bytes { get; set; }

        internal HeldMessage? Oldest { get; set; }

        internal HeldMessage? Newest { get; set; }
    }
}
