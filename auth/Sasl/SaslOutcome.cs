namespace XcpBroker.Auth.Sasl;

/// <summary>Where a conversation stands.</summary>
public enum SaslOutcome
{
    /// <summary>It goes on.</summary>
    NeedMoreData,

    /// <summary>It rests, and takes nothing, until <see cref="SaslServer.Await"/> calls back.</summary>
    Waiting,

    /// <summary>BEGIN was received after OK: what follows is messages.</summary>
    Authenticated,

    /// <summary>Send what was written, then close; <see cref="SaslServer.Failure"/> says why.</summary>
    Disconnect,
}

/// <summary>Why a conversation was cut.</summary>
public enum SaslFailure
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The first bytes were not the listener's nonce.</summary>
    WrongNonce,

    /// <summary>The first byte (behind the nonce, if there is one) was not NUL.</summary>
    NoLeadingNul,

    /// <summary>BEGIN came without OK before it.</summary>
    BeginBeforeOk,

    /// <summary>A line is longer than <see cref="SaslServer.MaxLineBytes"/>.</summary>
    LineTooLong,

    /// <summary>The client was rejected <see cref="SaslServer.MaxRejects"/> times.</summary>
    TooManyRejects,

    /// <summary>The lines together are longer than <see cref="SaslServer.MaxConversationBytes"/>.</summary>
    ConversationTooLong,
}
