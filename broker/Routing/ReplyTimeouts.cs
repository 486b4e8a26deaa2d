using XcpBroker.Connections;
using XcpBroker.Loop;
using XcpBroker.Protocol;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>reply_timeout: answers calls that have waited too long with NoReply. One deadline for all, since all wait equally long.</summary>
internal sealed class ReplyTimeouts(PendingReplies replies, ConnectionTable connections, BusMessages bus, BusLoop loop, LimitsInForce limits)
{
    private readonly List<PendingCall> _expired = [];
    private Deadline _deadline;

    /// <summary>Takes apart whoever did not read its errors; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>To be called when a call has been added.</summary>
    internal void Watch()
    {
        if (limits.Current.ReplyTimeout is { } delay && !_deadline.IsPending)
        {
            _deadline = loop.Deadlines.After(delay, static state => ((ReplyTimeouts)state!).Expire(), this);
        }
    }

    /// <summary>reply_timeout has another value.</summary>
    internal void Change()
    {
        replies.SetTimeout(limits.Current.ReplyTimeout);
        _deadline.Cancel();
        if (replies.Count > 0)
        {
            Watch();
        }
    }

    private void Expire()
    {
        replies.TakeExpired(loop.Clock.GetTimestamp(), _expired);
        foreach (PendingCall call in _expired)
        {
            if (connections.Find(call.Caller) is { IsOpen: true } caller)
            {
                bus.SendErrorTo(caller, call.Serial, DBusError.ReplyTimeout);
            }
        }

        _expired.Clear();
        TakeApartDoomed();
        if (replies.NextDeadline is { } next)
        {
            TimeSpan left = loop.Clock.GetElapsedTime(loop.Clock.GetTimestamp(), next);
            _deadline = loop.Deadlines.After(left, static state => ((ReplyTimeouts)state!).Expire(), this);
        }
    }
}
