using BenchmarkDotNet.Attributes;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Micro;

/// <summary>What is done with the bytes of every message.</summary>
public class WireBenchmarks
{
    private readonly byte[] _call = Samples.Call();
    private readonly byte[] _stamped = new byte[1024];
    private readonly RepeatedHeader _repeated = new();
    private MessageHeader _header;

    public WireBenchmarks()
    {
        _ = MessageHeader.TryParse(_call, out _header);
        int length = SenderStamp.Write(_call, in _header, ":1.42"u8, _stamped);
        _ = _repeated.TryRemember(_call, in _header, _stamped.AsSpan(0, length));
    }

    [Benchmark]
    public int Framer() =>
        MessageFramer.TryFrame(_call, ProtocolLimits.MaxMessageBytes, out int length, out _) == FrameStatus.Complete ? length : 0;

    [Benchmark]
    public uint HeaderParse() => MessageHeader.TryParse(_call, out MessageHeader header) == MessageViolation.None ? header.Serial : 0;

    [Benchmark]
    public uint HeaderRecognised() => _repeated.TryRecognise(_call) ? _repeated.Header.Serial : 0;

    [Benchmark]
    public int SenderStamped() => SenderStamp.Write(_call, in _header, ":1.42"u8, _stamped);

    [Benchmark]
    public bool BodyValidation() =>
        BodyValidator.Validate(_call.AsSpan(_header.BodyOffset), _header.Signature.In(_call), _header.IsBigEndian) == MessageViolation.None;
}
