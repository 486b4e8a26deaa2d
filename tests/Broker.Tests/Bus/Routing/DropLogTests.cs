using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Routing;

/// <summary>What is dropped without a word to its sender is said in the log: once when it begins, once when it has ended.</summary>
internal sealed class DropLogTests : BusFixture
{
    private string[] Lines => [.. Broker.Log.Lines.Select(line => line.Text).Where(text => text.Contains("dropped", StringComparison.Ordinal))];

    [Test]
    public void An_episode_has_two_lines_however_many_messages_it_has()
    {
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 100; i++)
        {
            sender.EmitTo("org.example.Nobody", "Do");
        }

        Assert.That(Lines, Has.Length.EqualTo(1));
        Assert.That(Lines[0], Does.Contain("ToNobody").And.Contain("org.example.Interface.Do to org.example.Nobody").And.Contain(sender.UniqueName));
        Broker.Pass(TimeSpan.FromSeconds(60));
        sender.EmitTo("org.example.Nobody", "Do");
        Broker.Pass(TimeSpan.FromSeconds(60));
        Assert.That(Lines, Has.Length.EqualTo(1), "it went on between the two looks");
        Broker.Pass(TimeSpan.FromSeconds(60));
        Assert.That(Lines, Has.Length.EqualTo(2));
        Assert.That(Lines[1], Does.Contain("101").And.Contain("ToNobody"));
        Assert.That(Broker.Bus.Drops.IsInEpisode, Is.False);
    }

    [Test]
    public void Each_reason_and_each_user_has_an_episode_of_its_own()
    {
        FakePeer one = Broker.Connect();
        FakePeer root = Broker.Connect(user: 0);
        one.EmitTo("org.example.Nobody", "Do");
        root.EmitTo("org.example.Nobody", "Do");
        one.EmitTo("org.freedesktop.DBus", "Do");
        Assert.That(Lines, Has.Length.EqualTo(3));
        Broker.Pass(TimeSpan.FromSeconds(120));
        Assert.That(Lines, Has.Length.EqualTo(3), "an episode of one needs no number");
    }
}
