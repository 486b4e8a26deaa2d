using XcpBroker.Broker.Tests.Bus.Domains;
using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>What happens to durable messages that cannot be kept, or must not be delivered.</summary>
internal sealed class DurableRefusalTests : DurableFixture
{
    private const int Length = 5000;

    [Test]
    public void A_failing_disk_is_an_error_for_who_posts_and_one_line_in_the_log()
    {
        Store.Failure = "No space left on device";
        FakePeer owner = Own();
        FakePeer sender = Broker.Connect();
        uint first = Post(sender, "First");
        uint second = Post(sender, "Second");

        Assert.That(sender.Hear(), Is.EqualTo([$"error {first} Failed", $"error {second} Failed"]));
        Assert.That(Consume(owner), Is.Empty);
        Assert.That(Broker.Log.Lines.Count(line => line.Text.Contains("No space left")), Is.EqualTo(1));
        Store.Failure = null;
        uint third = Post(sender, "Third");
        Assert.That(sender.Hear(), Is.EqualTo([$"return {third}(3)"]));
        Assert.That(Consume(owner), Is.EqualTo(["Third()"]));
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Exactly(1).EqualTo("the journal can be written again"));
    }

    [Test]
    public void What_nobody_posted_goes_on_without_the_disk_and_keeps_its_place()
    {
        Store.Failure = "Input/output error";
        FakePeer owner = Own();
        FakePeer sender = Broker.Connect();
        sender.EmitTo(Name, "Signal");
        sender.EmitTo(Name, "Another");
        sender.CallPeer(Name, "Call");

        Assert.That(Consume(owner), Is.EqualTo(["Signal()", "Another()", "Call()"]));
        Assert.That(Broker.Bus.Counters.JournalRefused, Is.EqualTo(2));
        Assert.That(Broker.Log.Lines.Count(line => line.Text.Contains($"messages to {Name} are not kept on disk")), Is.EqualTo(1));
    }

    [Test]
    public void It_waits_for_an_absent_owner_as_any_other_message_does()
    {
        Store.Failure = "Input/output error";
        Broker.Connect().EmitTo(Name, "Signal");
        Assert.That(Buffer.Waiting.Count, Is.EqualTo(1));

        Broker.Pass(TimeSpan.FromHours(2));
        Assert.That(Buffer.Waiting.Count, Is.Zero);
    }

    [Test]
    public void A_message_that_failed_in_its_sync_does_not_come_back_and_the_others_move_to_another_segment()
    {
        FakePeer sender = Broker.Connect();
        Post(sender, "Good");
        Store.Failure = "Input/output error";
        Store.FailsInSync = true;
        Post(sender, "Bad");
        Assert.That(Store.Image().Messages.Count(), Is.EqualTo(2));

        Store.Failure = null;
        Broker.Pass(TimeSpan.FromSeconds(2));
        Post(sender, "Next");
        Broker.Pass(TimeSpan.FromSeconds(2));
        Assert.That(Store.SegmentCount, Is.EqualTo(1), "what cannot be trusted is gone");
        Restart();
        Assert.That(Consume(Own()), Is.EqualTo(["Good()", "Next()"]));
    }

    [Test]
    public void What_was_delivered_while_the_disk_failed_is_noted_when_it_works_again()
    {
        Post(Broker.Connect(), "Do");
        Store.Failure = "No space left on device";
        Assert.That(Consume(Own()), Is.EqualTo(["Do()"]));
        Assert.That(Store.Image().Messages.Count(), Is.EqualTo(1));

        Store.Failure = null;
        Broker.Pass(TimeSpan.FromSeconds(2));
        Assert.That(Store.Image().Messages, Is.Empty);
    }

    [Test]
    public void A_sender_has_its_share_of_the_journal_and_leaves_others_theirs()
    {
        Begin(declaration => declaration with { MaxBytes = 1 << 30 }, limits => limits with { MaxJournalBytes = 256 * 1024 });
        FakePeer greedy = Broker.Connect();
        uint last = 0;
        for (int i = 0; i < 20; i++)
        {
            last = Post(greedy, "Do", new string('a', 10_000));
        }

        Assert.That(greedy.ReceiveReply(last).FirstString, Does.Contain("max_journal_bytes=262144"));
        FakePeer other = Broker.Connect(user: InMemoryBroker.OwnUser);
        uint post = Post(other, "Do", new string('a', 5_000));
        Assert.That(other.Hear(), Has.Exactly(1).StartsWith($"return {post}"));
    }

    [Test]
    public void The_peers_of_a_domain_share_what_one_user_may_have_of_the_journal()
    {
        const int Limit = 256 * 1024;
        BeginWithDomains(
            DomainFixture.Read($"<policy domain='*'><allow send_destination='{Name}'/></policy>"),
            declaration => declaration with { MaxBytes = 1 << 30 },
            limits => limits with { MaxJournalBytes = Limit });
        int accepted = PostAll(Broker.ConnectFromDomain("nfs")) + PostAll(Broker.ConnectFromDomain("nfs")) + PostAll(Broker.ConnectFromDomain("nfs"));

        Assert.That(accepted * Length, Is.InRange(Limit / 4, Limit / 2), "one of a kind may have half of what there is");
        Assert.That(PostAll(Broker.ConnectFromDomain("web")), Is.GreaterThan(0));
        Assert.That(PostAll(Broker.Connect()), Is.GreaterThan(0));
    }

    [Test]
    public void What_a_domain_had_waiting_before_a_restart_counts_among_what_it_may_have_and_is_all_there()
    {
        BeginWithDomains(
            DomainFixture.Read(
                $"<policy domain='*'><allow send_destination='{Name}'/></policy>",
                "<domain name='nfs'><source tcp='10.0.0.1'/><limit name='max_held_messages'>3</limit></domain><domain name='web'/>"),
            declaration => declaration,
            limits => limits);
        FakePeer before = Broker.ConnectFromDomain("nfs");
        Post(before, "First");
        Post(before, "Second");
        Post(before, "Third");
        Restart();

        FakePeer after = Broker.ConnectFromDomain("nfs");
        Assert.That(after.ReceiveReply(Post(after, "Fourth")).FirstString, Does.Contain("max_held_messages"));
        FakePeer other = Broker.ConnectFromDomain("web");
        Assert.That(other.ReceiveReply(Post(other, "Other")).ErrorName, Is.Null);
        Assert.That(Consume(Own()), Is.EqualTo(["First()", "Second()", "Third()", "Other()"]));
        Assert.That(after.ReceiveReply(Post(after, "Fifth")).ErrorName, Is.Null);
    }

    [Test]
    public void More_than_a_domain_may_have_now_comes_back_all_the_same()
    {
        const string Rules = $"<policy domain='*'><allow send_destination='{Name}'/></policy>";
        BeginWithDomains(DomainFixture.Read(Rules), declaration => declaration, limits => limits);
        FakePeer before = Broker.ConnectFromDomain("web");
        Post(before, "First");
        Post(before, "Second");
        Declare(DomainFixture.Read(Rules, "<domain name='web'><limit name='max_held_messages'>1</limit></domain>"));
        Restart();

        FakePeer after = Broker.ConnectFromDomain("web");
        Assert.That(after.ReceiveReply(Post(after, "Third")).FirstString, Does.Contain("max_held_messages"));
        Assert.That(Consume(Own()), Is.EqualTo(["First()", "Second()"]));
        Assert.That(after.ReceiveReply(Post(after, "Fourth")).ErrorName, Is.Null);
    }

    [Test]
    public void A_full_buffer_refuses_and_drops_nothing_that_was_accepted()
    {
        Begin(declaration => declaration with { MaxMessages = 2, DropsOldest = true });
        FakePeer sender = Broker.Connect();
        Post(sender, "First");
        uint second = Post(sender, "Second");

        Assert.That(sender.ReceiveReply(second).FirstString, Does.Contain("limits are 2 messages"));
        Assert.That(Consume(Own()), Is.EqualTo(["First()"]));
    }

    [Test]
    public void What_the_policy_denies_at_delivery_is_set_aside()
    {
        Begin(policy: PolicyFixture.Read(PolicyFixture.Open + "<policy context='mandatory'><deny receive_interface='org.example.Interface' receive_member='Denied'/></policy>"));
        FakePeer sender = Broker.Connect();
        Post(sender, "Denied");
        Post(sender, "Allowed");

        Assert.That(Consume(Own()), Is.EqualTo(["Allowed()"]));
        Assert.That(Buffer.SetAside.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_post_is_judged_as_if_the_caller_had_sent_the_message()
    {
        Begin(policy: PolicyFixture.Read(PolicyFixture.Open + $"<policy context='mandatory'><deny send_destination='{Name}' send_interface='org.example.Interface' send_member='Denied'/></policy>"));
        FakePeer sender = Broker.Connect();
        uint denied = Post(sender, "Denied");
        uint allowed = Post(sender, "Allowed");

        Assert.That(sender.Hear(), Is.EqualTo([$"error {denied} AccessDenied", $"return {allowed}(1)"]));
    }

    [Test]
    public void The_policy_at_delivery_judges_by_the_names_that_the_sender_had()
    {
        Begin(policy: PolicyFixture.Read(PolicyFixture.Open + "<policy context='mandatory'><deny receive_sender='org.example.Bad'/></policy>"));
        FakePeer bad = Broker.Connect();
        bad.RequestName("org.example.Bad");
        Post(bad, "FromBad");
        FakePeer good = Broker.Connect();
        Post(good, "FromGood");
        Restart();

        Assert.That(Consume(Own()), Is.EqualTo(["FromGood()"]));
        Assert.That(Buffer.SetAside.Count, Is.EqualTo(1));
    }

    /// <summary>Posts until it is refused.</summary>
    /// <returns>Messages of <see cref="Length"/> bytes that were accepted.</returns>
    private int PostAll(FakePeer sender)
    {
        int accepted = 0;
        while (sender.ReceiveReply(Post(sender, "Do", new string('a', Length))).ErrorName is null)
        {
            accepted++;
        }

        return accepted;
    }
}
