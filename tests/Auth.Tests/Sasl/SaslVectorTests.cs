using XcpBroker.Fuzz.Corpus;

namespace XcpBroker.Auth.Tests.Sasl;

/// <summary>The conversations of tests/vectors/sasl, as they are and cut to pieces.</summary>
public sealed class SaslVectorTests
{
    private const int LongestCutEverywhere = 2000;

    private static IEnumerable<TestCaseData> Vectors =>
        VectorFolder.Files("sasl", "*.sasl").Select(file => new TestCaseData(SaslVector.Read(file)).SetArgDisplayNames(Path.GetFileName(file)));

    [TestCaseSource(nameof(Vectors))]
    public void The_server_answers_each_step(object vector)
    {
        SaslVector conversation = (SaslVector)vector;
        SaslTalk talk = new(conversation.UserId, conversation.CanPassFds);
        string heard = "";
        foreach ((byte[] said, string answer) in conversation.Steps)
        {
            talk.Say(said);
            heard += answer;
            Assert.That(talk.Heard, Is.EqualTo(heard));
        }

        Assert.That(talk.OutcomeText, Is.EqualTo(conversation.Outcome));
    }

    [TestCaseSource(nameof(Vectors))]
    public void Two_pieces_are_answered_as_one(object vector)
    {
        SaslVector conversation = (SaslVector)vector;
        byte[] said = conversation.Said;
        int step = 1 + (said.Length / LongestCutEverywhere);
        for (int cut = 0; cut <= said.Length; cut += step)
        {
            SaslTalk talk = new(conversation.UserId, conversation.CanPassFds);
            talk.Say(said.AsSpan(0, cut));
            talk.Say(said.AsSpan(cut));
            Check(conversation, talk, $"cut at {cut}");
        }
    }

    [TestCaseSource(nameof(Vectors))]
    public void Single_bytes_are_answered_as_one_piece(object vector)
    {
        SaslVector conversation = (SaslVector)vector;
        byte[] said = conversation.Said;
        int piece = 1 + (said.Length / LongestCutEverywhere);
        SaslTalk talk = new(conversation.UserId, conversation.CanPassFds);
        for (int start = 0; start < said.Length; start += piece)
        {
            talk.Say(said.AsSpan(start, Math.Min(piece, said.Length - start)));
        }

        Check(conversation, talk, "byte by byte");
    }

    private static void Check(SaslVector expected, SaslTalk talk, string how)
    {
        Assert.That((talk.Heard, talk.OutcomeText), Is.EqualTo((expected.Heard, expected.Outcome)), how);
        if (expected.Outcome.StartsWith("Authenticated", StringComparison.Ordinal))
        {
            Assert.That(talk.Pending, Is.EqualTo(expected.Rest), how);
        }
    }
}
