using CsCheck;
using XcpBroker.Names;

namespace XcpBroker.Broker.Tests.Names;

/// <summary>The registry gives the same answers as lists that are searched from end to end.</summary>
internal sealed class NameRegistryModelTests
{
    private static readonly string[] AllNames = ["a.a", "a.b", "a.c"];
    private static readonly string[] AllPeers = [":1.0", ":1.1", ":1.2", ":1.3", ":1.4"];

    private static readonly Gen<Operation> Operations = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, AllNames.Length - 1], Gen.Int[0, AllPeers.Length - 1], Gen.UInt[0, 7],
        (kind, name, peer, flags) => new Operation(kind, AllNames[name], AllPeers[peer], (RequestNameFlags)flags));

    [Test]
    public void Registry_and_model_agree_after_every_operation() =>
        Operations.Array[0, 120].Sample(operations =>
        {
            NameRegistry<string> names = new();
            Model model = new();
            foreach (Operation operation in operations)
            {
                ulong generation = names.Generation;
                (uint reply, NameOwnerChange<string>[] changes) = operation.Run(names);
                (uint expected, NameOwnerChange<string>[] expectedChanges) = operation.Run(model);
                Assert.That((reply, changes), Is.EqualTo((expected, expectedChanges)), operation.ToString());
                Assert.That(names.Generation != generation, Is.EqualTo(changes.Length > 0));
                AssertSame(names, model);
            }

            Array.ForEach(AllPeers, peer => names.ReleaseAll(peer, []));
            Assert.That(names.IsEmpty);
        });

    private static void AssertSame(NameRegistry<string> names, Model model)
    {
        foreach (string name in AllNames)
        {
            byte[] bytes = System.Text.Encoding.ASCII.GetBytes(name);
            Assert.That(names.QueuedOwners(bytes), Is.EqualTo(model.QueueOf(name).Select(waiter => waiter.Peer)));
            Assert.That(names.OwnerOf(bytes), Is.EqualTo(model.OwnerOf(name)));
        }

        foreach (string peer in AllPeers)
        {
            Assert.That(ClaimsOf(names, peer), Is.EqualTo(model.ClaimsOf(peer)));
            Assert.That(names.OwnedNames(peer), Is.EquivalentTo(AllNames.Where(name => model.OwnerOf(name) == peer)));
            Assert.That(names.CountOf(peer), Is.EqualTo(model.ClaimsOf(peer).Count()));
        }

        Assert.That(names.Names, Is.EquivalentTo(AllNames.Where(name => model.OwnerOf(name) is not null)));
        Assert.That(names.ClaimCount, Is.EqualTo(AllPeers.Sum(names.CountOf)));
    }

    private static List<string> ClaimsOf(NameRegistry<string> names, string peer)
    {
        List<string> claims = [];
        foreach (string claim in names.ClaimsOf(peer))
        {
            claims.Add(claim);
        }

        return claims;
    }

    private sealed record Operation(int Kind, string Name, string Peer, RequestNameFlags Flags)
    {
        private byte[] NameBytes => System.Text.Encoding.ASCII.GetBytes(Name);

        internal (uint Reply, NameOwnerChange<string>[] Changes) Run(NameRegistry<string> names)
        {
            List<NameOwnerChange<string>> changes = [];
            switch (Kind)
            {
                case 0:
                    names.ReleaseAll(Peer, changes);
                    return (0, [.. changes]);
                case <= 2:
                    (ReleaseNameReply released, NameOwnerChange<string>? change) = names.Release(NameBytes, Peer);
                    return ((uint)released, change is null ? [] : [change.Value]);
                case <= 5:
                    (RequestNameReply reply, change) = names.Request(Name, Peer, Flags);
                    return ((uint)reply, change is null ? [] : [change.Value]);
                default:
                    (reply, change) = names.Request(NameBytes, Peer, Flags);
                    return ((uint)reply, change is null ? [] : [change.Value]);
            }
        }

        internal (uint Reply, NameOwnerChange<string>[] Changes) Run(Model model)
        {
            Dictionary<string, string?> before = AllNames.ToDictionary(name => name, model.OwnerOf);
            string[] order = Kind == 0 ? [.. model.ClaimsOf(Peer).Reverse()] : [Name];
            uint reply = Kind switch
            {
                0 => model.Disconnect(Peer),
                <= 2 => model.Release(Name, Peer),
                _ => model.Request(Name, Peer, Flags),
            };
            return (reply, [.. order.Where(name => before[name] != model.OwnerOf(name))
                .Select(name => new NameOwnerChange<string>(name, before[name], model.OwnerOf(name)))]);
        }
    }

    private sealed class Model
    {
        private readonly Dictionary<string, List<(string Peer, RequestNameFlags Flags)>> _queues =
            AllNames.ToDictionary(name => name, _ => new List<(string, RequestNameFlags)>());

        private List<(string Peer, string Name)> _claims = [];

        internal List<(string Peer, RequestNameFlags Flags)> QueueOf(string name) => _queues[name];

        internal string? OwnerOf(string name) => _queues[name].FirstOrDefault().Peer;

        internal IEnumerable<string> ClaimsOf(string peer) => _claims.Where(claim => claim.Peer == peer).Select(claim => claim.Name);

        internal uint Request(string name, string peer, RequestNameFlags flags)
        {
            List<(string Peer, RequestNameFlags Flags)> queue = _queues[name];
            int place = queue.FindIndex(waiter => waiter.Peer == peer);
            bool replaces = place != 0 && queue.Count > 0 && flags.HasFlag(RequestNameFlags.ReplaceExisting)
                && queue[0].Flags.HasFlag(RequestNameFlags.AllowReplacement);
            bool wasEmpty = queue.Count == 0;
            bool wasOwner = place == 0;
            if (place >= 0)
            {
                queue.RemoveAt(place);
            }

            queue.Insert(replaces ? 0 : place >= 0 ? place : queue.Count, (peer, flags));
            queue.RemoveAll(waiter => waiter != queue[0] && waiter.Flags.HasFlag(RequestNameFlags.DoNotQueue));
            Track();
            return wasEmpty || replaces ? 1u : wasOwner ? 4u : queue.Exists(waiter => waiter.Peer == peer) ? 2u : 3u;
        }

        internal uint Release(string name, string peer)
        {
            uint reply = _queues[name].Count == 0 ? 2u : _queues[name].RemoveAll(waiter => waiter.Peer == peer) > 0 ? 1u : 3u;
            Track();
            return reply;
        }

        internal uint Disconnect(string peer)
        {
            Array.ForEach(AllNames, name => Release(name, peer));
            return 0;
        }

        // Claims in the order in which they were made; one operation makes at most one.
        private void Track()
        {
            List<(string Peer, string Name)> now = [.. AllNames.SelectMany(name => _queues[name].Select(waiter => (waiter.Peer, name)))];
            _claims = [.. _claims.Where(now.Contains), .. now.Where(claim => !_claims.Contains(claim))];
        }
    }
}
