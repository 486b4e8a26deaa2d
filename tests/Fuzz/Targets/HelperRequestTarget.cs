using XcpBroker.Spawning.Helper;

namespace XcpBroker.Fuzz.Targets;

/// <summary>What the root helper is sent: a request is written as it came, an answer is read as it was written.</summary>
internal sealed class HelperRequestTarget : IFuzzTarget
{
    public static string Name => "helper";

    public static string Corpus => "helper";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        bool isRequest = HelperRequest.TryParse(input, out HelperRequest request);
        FuzzFailure.Unless(!isRequest || request.ToPacket().AsSpan().SequenceEqual(input), "a request has two forms");
        bool isAnswer = HelperAnswer.TryParse(input, out HelperAnswer answer);
        FuzzFailure.Unless(!isAnswer || answer.ToPacket().AsSpan().SequenceEqual(input), "an answer has two forms");
    }
}
