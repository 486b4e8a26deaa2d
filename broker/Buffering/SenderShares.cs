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
        Share share = _shares.GetValueOrDefault(sender);
        if (!_messages.TryRaise(share.Messages, share.Messages + 1))
        {
            return false;
        }

        if (!_bytes.TryRaise(share.Bytes, share.Bytes + bytes))
        {
            _messages.Lower(share.Messages + 1, share.Messages);
            return false;
        }

        _shares[sender] = new Share(share.Messages + 1, share.Bytes + bytes);
        return true;
    }

    /// <summary>Gives back what <see cref="TryTake"/> took for one message.</summary>
    internal void GiveBack(Connection sender, int bytes)
    {
        Share share = _shares[sender];
        Share left = new(share.Messages - 1, share.Bytes - bytes);
        _messages.Lower(share.Messages, left.Messages);
        _bytes.Lower(share.Bytes, left.Bytes);
        if (left.Messages == 0)
        {
            _shares.Remove(sender);
        }
        else
        {
            _shares[sender] = left;
        }
    }

    private readonly record struct Share(int Messages, long Bytes);
}
