using CsCheck;
using Microsoft.Extensions.Time.Testing;
using XcpBroker.Routing;

namespace XcpBroker.Broker.Tests.Replies;

/// <summary>The table answers as a list does that is searched from end to end.</summary>
internal sealed class PendingRepliesModelTests
{
    private const int Peers = 4;

    private static readonly Gen<(int Kind, int Caller, int Callee, uint Serial)> Operations =
        Gen.Select(Gen.Int[0, 19], Gen.Int[0, Peers - 1], Gen.Int[0, Peers - 1], Gen.UInt[1, 40]);

    [Test]
    public void Table_and_list_agree_after_every_operation() =>
        Operations.Array[0, 400].Sample(operations =>
        {
            FakeTimeProvider clock = new();
            PendingReplies pending = new(clock, TimeSpan.FromSeconds(10));
            ReplyLists[] lists = new ReplyLists[Peers];
            List<(PendingCall Call, long Deadline)> model = [];
            foreach ((int kind, int caller, int callee, uint serial) in operations)
            {
                PendingCall call = new((ulong)caller, (ulong)callee, serial);
                switch (kind)
                {
                    case 0:
                        pending.DropCaller(ref lists[caller]);
                        model.RemoveAll(entry => entry.Call.Caller == call.Caller);
                        break;
                    case 1:
                        List<PendingCall> unanswered = [];
                        pending.DropCallee(ref lists[callee], unanswered);
                        Assert.That(unanswered, Is.EqualTo(TakeFrom(model, entry => entry.Call.Callee == call.Callee)));
                        break;
                    case 2:
                        clock.Advance(TimeSpan.FromSeconds(serial % 7));
                        List<PendingCall> expired = [];
                        pending.TakeExpired(clock.GetTimestamp(), expired);
                        Assert.That(expired, Is.EqualTo(TakeFrom(model, entry => entry.Deadline <= clock.GetTimestamp())));
                        break;
                    case <= 7:
                        Assert.That(pending.TryTake(call), Is.EqualTo(TakeFrom(model, entry => entry.Call == call).Count == 1));
                        break;
                    default:
                        bool isNew = !model.Exists(entry => entry.Call == call);
                        Assert.That(pending.TryAdd(call, ref lists[caller], ref lists[callee]), Is.EqualTo(isNew));
                        if (isNew)
                        {
                            model.Add((call, clock.GetTimestamp() + (10 * clock.TimestampFrequency)));
                        }

                        break;
                }

                AssertSame(pending, lists, model);
            }

            DropAll(pending, lists);
            Assert.That(pending.IsEmpty);
        });

    private static List<PendingCall> TakeFrom(
        List<(PendingCall Call, long Deadline)> model, Predicate<(PendingCall Call, long Deadline)> match)
    {
        List<PendingCall> taken = [.. model.FindAll(match).Select(entry => entry.Call)];
        model.RemoveAll(match);
        return taken;
    }

    private static void AssertSame(PendingReplies pending, ReplyLists[] lists, List<(PendingCall Call, long Deadline)> model)
    {
        Assert.That(pending.Count, Is.EqualTo(model.Count));
        Assert.That(pending.NextDeadline, Is.EqualTo(model.Count == 0 ? null : model[0].Deadline));
        for (int peer = 0; peer < Peers; peer++)
        {
            Assert.That(pending.CountOf(lists[peer]), Is.EqualTo(model.Count(entry => entry.Call.Caller == (ulong)peer)));
        }
    }

    private static void DropAll(PendingReplies pending, ReplyLists[] lists)
    {
        for (int peer = 0; peer < Peers; peer++)
        {
            pending.DropCaller(ref lists[peer]);
            pending.DropCallee(ref lists[peer], []);
        }
    }
}
