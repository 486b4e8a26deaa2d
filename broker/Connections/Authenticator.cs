using System.Buffers;
using XcpBroker.Auth.Sasl;
using XcpBroker.Diagnostics;

namespace XcpBroker.Connections;

/// <summary>The part of reading a connection that comes before its first message: the SASL conversation.</summary>
internal sealed class Authenticator(ConnectionAdmission admission, Disconnector disconnector, Dooms dooms, TurnWork turn)
{
    private readonly ArrayBufferWriter<byte> _output = new(256);

    /// <summary>Takes lines from the input and answers them.</summary>
    /// <returns>Whether the conversation waits: after AdvanceTo, <see cref="Await"/> is due.</returns>
    internal bool Receive(Connection connection, ReadOnlySpan<byte> input, out int consumed)
    {
        SaslOutcome outcome = connection.Sasl!.Receive(input, out consumed, _output);
        Answer(connection, outcome);
        return outcome == SaslOutcome.Waiting;
    }

    /// <summary>Reads nothing more of the connection until its mechanism has found out what it must know; auth_timeout goes on.</summary>
    internal void Await(Connection connection)
    {
        connection.IsResumeDue = true;
        connection.Transport.NotifyWhenReadable(false);
        connection.Sasl!.Await(() => Resume(connection));
    }

    private void Resume(Connection connection)
    {
        if (connection.IsOpen)
        {
            Answer(connection, connection.Sasl!.Resume(_output));
            connection.Transport.NotifyWhenReadable(true);
            turn.ResumeNextTurn(connection);
        }

        disconnector.TakeApartDoomed();
    }

    private void Answer(Connection connection, SaslOutcome outcome)
    {
        if (_output.WrittenCount > 0)
        {
            admission.Answer(connection, _output.WrittenSpan);
            _output.ResetWrittenCount();
        }

        if (outcome == SaslOutcome.Disconnect)
        {
            dooms.Doom(connection, CloseReason.AuthenticationFailed, connection.Sasl!.Failure.ToString());
        }
        else if (outcome == SaslOutcome.Authenticated)
        {
            admission.Authenticated(connection);
        }
    }
}
