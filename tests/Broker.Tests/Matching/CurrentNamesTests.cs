using XcpBroker.Matching;
using XcpBroker.Names;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Broker.Tests.Matching;

public sealed class CurrentNamesTests
{
    [Test]
    public void They_are_those_of_which_the_peer_is_primary_owner_now()
    {
        NameRegistry<Receiver> registry = new();
        Receiver one = new(1);
        Receiver two = new(2);
        _ = registry.Request("com.example.A", one, RequestNameFlags.None);
        _ = registry.Request("com.example.B", one, RequestNameFlags.None);
        _ = registry.Request("com.example.A", two, RequestNameFlags.None);
        CurrentNames<Receiver> names = new(registry);

        Assert.That(names.Of(one), Is.EquivalentTo(["com.example.A", "com.example.B"]));
        Assert.That((names.Contains("com.example.A"u8), names.Contains("com.example.C"u8)), Is.EqualTo((true, false)));
        Assert.That(names.Of(two), Is.Empty);
        Assert.That(names.Contains("com.example.A"u8), Is.False);

        _ = registry.Release("com.example.A"u8, one);
        IOwnedNames passedOn = names.Of(two);
        Assert.That((passedOn.Count, passedOn[0]), Is.EqualTo((1, "com.example.A")));
        Assert.That(passedOn.Contains("com.example.A"u8), Is.True);
    }
}
