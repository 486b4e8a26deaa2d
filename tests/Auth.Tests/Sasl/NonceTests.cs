namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class NonceTests
{
    private static readonly byte[] Nonce = "0123456789abcdef"u8.ToArray();

    [Test]
    public void The_nonce_comes_before_the_NUL_byte_in_any_pieces()
    {
        byte[] said = [.. Nonce, .. "\0AUTH EXTERNAL 30\r\nBEGIN\r\n"u8];
        for (int cut = 0; cut <= said.Length; cut++)
        {
            SaslTalk talk = new(nonce: Nonce);
            talk.Say(said.AsSpan(0, cut));
            talk.Say(said.AsSpan(cut));

            Assert.That((talk.OutcomeText, talk.Heard), Is.EqualTo(("Authenticated", "OK {guid}\r\n")), $"cut at {cut}");
        }
    }

    [TestCase("0123456789abcdeX\0AUTH EXTERNAL 30\r\n")]
    [TestCase("X123456789abcdef")]
    [TestCase("\0AUTH EXTERNAL 30\r\n")]
    public void Another_one_ends_the_connection_without_a_word(string said)
    {
        SaslTalk talk = new(nonce: Nonce);
        talk.Say(said);

        Assert.That((talk.OutcomeText, talk.Heard), Is.EqualTo(("Disconnect WrongNonce", "")));
    }

    [Test]
    public void It_is_judged_when_all_of_it_is_there()
    {
        SaslTalk talk = new(nonce: Nonce);
        talk.Say("X123456789abcde"u8);

        Assert.That(talk.OutcomeText, Is.EqualTo("NeedMoreData"));
    }

    [Test]
    public void After_the_nonce_the_NUL_byte_is_still_needed()
    {
        SaslTalk talk = new(nonce: Nonce);
        talk.Say([.. Nonce, (byte)'A']);

        Assert.That(talk.OutcomeText, Is.EqualTo("Disconnect NoLeadingNul"));
    }
}
