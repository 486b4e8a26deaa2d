(* org.xen.xcp.Matrix1 with obus (OCaml, its own protocol code): the service and the client. *)

open Lwt.Syntax
open OBus_value

let interface = "org.xen.xcp.Matrix1"
let path = [ "org"; "xen"; "xcp"; "matrix" ]
let large = 16 * 1024 * 1024

exception Check_failed of string

let expect holds what = if not holds then raise (Check_failed what)

(* The values of the interface file. OCaml has no unsigned integers: -1l is the greatest uint32. *)

let basic_types =
  C.seq12 C.basic_byte C.basic_boolean C.basic_int16 C.basic_uint16 C.basic_int32 C.basic_uint32 C.basic_int64 C.basic_uint64
    C.basic_double C.basic_string C.basic_object_path C.basic_signature

let basic =
  ( '\255', true, -32768, 65535, Int32.min_int, -1l, Int64.neg Int64.max_int, -1L, -0.015625, "text ä 🐊",
    OBus_path.of_string "/org/xen/xcp/o", [ T.dict T.string T.variant ] )

let properties_type = C.dict C.string C.variant

let containers_types =
  C.seq8 C.byte_array (C.array C.basic_string) (C.array C.basic_uint64) properties_type
    (C.structure (C.seq2 C.basic_int32 (C.structure (C.seq2 C.basic_string (C.structure (C.seq2 C.basic_double C.variant))))))
    (C.dict C.string (C.structure (C.seq2 C.basic_string (C.array C.basic_object_path))))
    (C.array (C.structure (C.seq2 C.basic_object_path (C.dict C.string properties_type))))
    C.variant

let text_value text = V.basic_string text

let containers =
  ( "\000\001\255", [ ""; "b" ], [],
    [ ("number", V.basic_uint32 7l); ("list", V.array T.basic_string [ text_value "x"; text_value "y" ]) ],
    (-1l, ("in", (0.5, text_value "deep"))),
    [ ("1", ("one", [ [ "a" ]; [ "b" ] ])) ],
    [ ([ "a" ], [ ("i", [ ("p", V.basic_boolean true) ]) ]) ],
    V.variant (V.basic_int32 5l) )

let dict_types = C.seq1 (C.dict C.uint32 C.basic_string)
let dict = [ (1l, "one"); (-1l, "last") ]

(* Members: type and names of their arguments. *)

let unnamed types = arguments ~arg_types:types ~arg_names:(List.map (fun _ -> None) (C.type_sequence types))

let describe member i_types o_types =
  OBus_member.Method.make ~interface ~member ~i_args:(unnamed i_types) ~o_args:(unnamed o_types) ~annotations:[]

let text_type = C.seq1 C.basic_string
let m_basic = describe "Basic" basic_types basic_types
let m_containers = describe "Containers" containers_types containers_types
let m_dict = describe "Dict" dict_types dict_types
let m_fail = describe "Fail" text_type C.seq0
let m_large = describe "Large" text_type text_type
let m_emit = describe "Emit" text_type C.seq0
let m_open = describe "Open" text_type (C.seq1 C.basic_unix_fd)
let m_read = describe "Read" (C.seq1 C.basic_unix_fd) text_type
let m_leave = describe "Leave" C.seq0 C.seq0

let s_emitted =
  OBus_member.Signal.make ~interface ~member:"Emitted" ~args:(unnamed (C.seq2 C.basic_string properties_type)) ~annotations:[]

let p_text =
  OBus_member.Property.make ~interface ~member:"Text" ~typ:C.basic_string ~access:OBus_member.Property.readable_writable
    ~annotations:[]

let p_number =
  OBus_member.Property.make ~interface ~member:"Number" ~typ:C.basic_uint32 ~access:OBus_member.Property.readable ~annotations:[]

(* A connection of its own: obus would share one, and by itself looks at the variables of the session and system bus only. *)
let connect () =
  let* bus = OBus_connection.of_addresses ~shared:false (OBus_address.of_string (Sys.getenv "DBUS_STARTER_ADDRESS")) in
  let* () = OBus_bus.register_connection bus in
  Lwt.return bus

let pipe_with text =
  let read, write = Unix.pipe () in
  ignore (Unix.write_substring write text 0 (String.length text));
  Unix.close write;
  read

(* obus closes the descriptors that a message brought, once it is handled. *)
let read_to_end descriptor =
  let buffer = Bytes.create 4096 in
  let rec read_from start =
    match Unix.read descriptor buffer start (Bytes.length buffer - start) with 0 -> start | count -> read_from (start + count)
  in
  Bytes.sub_string buffer 0 (read_from 0)

(* The service. *)

let checked values wanted =
  if compare values wanted = 0 then Lwt.return wanted else Lwt.fail (OBus_error.Invalid_args "other values")

let serve name =
  let* bus = connect () in
  let text, set_text = React.S.create "initial" in
  let emit_text obj text =
    OBus_signal.emit s_emitted obj
      (text, [ ("text", text_value text); ("length", V.basic_uint32 (Int32.of_int (String.length text))) ])
  in
  let members =
    OBus_object.
      [ method_info m_basic (fun _ values -> checked values basic);
        method_info m_containers (fun _ values -> checked values containers);
        method_info m_dict (fun _ values -> checked values dict);
        method_info m_fail (fun _ text -> Lwt.fail (OBus_error.make (interface ^ ".Error.Failed") text));
        method_info m_large (fun _ text -> Lwt.return text);
        method_info m_emit emit_text;
        method_info m_open (fun _ text -> Lwt.return (pipe_with text));
        method_info m_read (fun _ pipe -> Lwt.return (read_to_end pipe));
        method_info m_leave (fun _ () -> Unix._exit 0) ]
  in
  let properties =
    OBus_object.
      [ property_rw_info p_text (fun _ -> text) (fun _ value -> set_text value; Lwt.return_unit);
        property_r_info p_number (fun _ -> React.S.const 7l) ]
  in
  let matrix =
    OBus_object.make
      ~interfaces:[ OBus_object.make_interface ~name:interface ~methods:members ~signals:[ OBus_object.signal_info s_emitted ] ~properties () ]
      path
  in
  OBus_object.attach matrix ();
  OBus_object.export bus matrix;
  let* reply = OBus_bus.request_name bus ~do_not_queue:true name in
  expect (reply = `Primary_owner) name;
  print_endline "ready";
  fst (Lwt.wait ())

(* The client. *)

type client = { bus : OBus_bus.t; service : string; proxy : OBus_proxy.t }

(* What an event brought, in its order. *)
let queue_of event =
  let stream, push = Lwt_stream.create () in
  let kept = React.E.map (fun value -> push (Some value)) event in
  (stream, kept)

let next (stream, _) = Lwt_stream.next stream

let check_basic client =
  let* reply = OBus_method.call m_basic client.proxy basic in
  expect (compare reply basic = 0) "the reply of Basic";
  Lwt.return "12 types, both ways"

let check_containers client =
  let* reply = OBus_method.call m_containers client.proxy containers in
  expect (compare reply containers = 0) "the reply of Containers";
  Lwt.return (string_of_signature (C.type_sequence containers_types) ^ ", both ways")

let check_dict client =
  let* reply = OBus_method.call m_dict client.proxy dict in
  expect (compare reply dict = 0) "the reply of Dict";
  Lwt.return "a{us}, both ways"

(* The name and text of the error that a call ends with. *)
let error_of call =
  Lwt.catch
    (fun () ->
      let* _ = call () in
      raise (Check_failed "no error came"))
    (function Check_failed _ as failure -> Lwt.fail failure | error -> Lwt.return (OBus_error.cast error))

let check_error client =
  let* error = error_of (fun () -> OBus_method.call m_fail client.proxy "why") in
  expect (error = (interface ^ ".Error.Failed", "why")) (fst error);
  Lwt.return "its name and text"

let check_large client =
  let text = String.make large 'x' in
  let* reply = OBus_method.call m_large client.proxy text in
  expect (String.equal reply text) "the same text comes back";
  Lwt.return (Printf.sprintf "%d bytes there and back" large)

let check_signals client =
  let* event = OBus_signal.connect (OBus_signal.make s_emitted client.proxy) in
  let heard = queue_of event in
  let* () = OBus_method.call m_emit client.proxy "first" in
  let* () = OBus_method.call m_emit client.proxy "second" in
  let expect_next text =
    let* signal = next heard in
    let details = [ ("text", text_value text); ("length", V.basic_uint32 (Int32.of_int (String.length text))) ] in
    expect (signal = (text, details)) (fst signal);
    Lwt.return_unit
  in
  let* () = expect_next "first" in
  let* () = expect_next "second" in
  Lwt.return "2 in their order"

let check_properties client =
  let changed =
    OBus_member.Signal.make ~interface:"org.freedesktop.DBus.Properties" ~member:"PropertiesChanged"
      ~args:(unnamed (C.seq3 C.basic_string properties_type (C.array C.basic_string))) ~annotations:[]
  in
  let* event = OBus_signal.connect (OBus_signal.make changed client.proxy) in
  let heard = queue_of event in
  let text = OBus_property.make p_text client.proxy in
  let* value = OBus_property.get text in
  expect (value = "initial") "Get";
  let* () = OBus_property.set text "changed" in
  let* signal = next heard in
  expect (signal = (interface, [ ("Text", text_value "changed") ], [])) "PropertiesChanged";
  let* value = OBus_property.get text in
  expect (value = "changed") "Get after Set";
  let* _, values = OBus_property.get_all_no_cache client.proxy interface in
  expect (List.sort compare values = [ ("Number", V.basic_uint32 7l); ("Text", text_value "changed") ]) "GetAll";
  let writable = { p_number with access = OBus_member.Property.readable_writable } in
  let* _ = error_of (fun () -> OBus_property.set (OBus_property.make writable client.proxy) 8l) in
  Lwt.return "Get, Set, PropertiesChanged, GetAll, read-only"

let check_descriptors client =
  let* pipe = OBus_method.call m_open client.proxy "from the service" in
  expect (read_to_end pipe = "from the service") "what the pipe holds";
  let pipe = pipe_with "from the client" in
  let* text = OBus_method.call m_read client.proxy pipe in
  Unix.close pipe;
  expect (text = "from the client") "what the service reads";
  Lwt.return "one each way"

let check_names client =
  let name = client.service ^ ".Queue" in
  let* first = connect () in
  let* second = connect () in
  let listen bus =
    let* acquired = OBus_signal.connect (OBus_bus.name_acquired bus) in
    let* lost = OBus_signal.connect (OBus_bus.name_lost bus) in
    let mine sign which = if which = name then Some sign else None in
    Lwt.return (queue_of (React.E.select [ React.E.fmap (mine '+') acquired; React.E.fmap (mine '-') lost ]))
  in
  let* first_hears = listen first in
  let* second_hears = listen second in
  let expect_reply wanted what reply =
    let* reply = reply in
    expect (reply = wanted) what;
    Lwt.return_unit
  in
  let expect_signal heard wanted what =
    let* sign = next heard in
    expect (sign = wanted) what;
    Lwt.return_unit
  in
  let* () = expect_reply `Primary_owner "owner" (OBus_bus.request_name first ~allow_replacement:true name) in
  let* () = expect_signal first_hears '+' "signal to the owner" in
  let* () = expect_reply `In_queue "queued" (OBus_bus.request_name second name) in
  let* () = expect_reply `Exists "exists" (OBus_bus.request_name second ~do_not_queue:true name) in
  let* () = expect_reply `Primary_owner "replaced" (OBus_bus.request_name second ~replace_existing:true name) in
  let* () = expect_signal first_hears '-' "signal to the first" in
  let* () = expect_signal second_hears '+' "signal to the second" in
  let* () = expect_reply `Already_owner "already owner" (OBus_bus.request_name second ~replace_existing:true name) in
  let* () = expect_reply `Released "released" (OBus_bus.release_name second name) in
  let* () = expect_signal second_hears '-' "signal of the release" in
  let* () = expect_signal first_hears '+' "signal to who waited" in
  let* () = expect_reply `Not_owner "not owner" (OBus_bus.release_name second name) in
  let* () = expect_reply `Released "released by the first" (OBus_bus.release_name first name) in
  let* () = expect_signal first_hears '-' "its signal" in
  let* () = expect_reply `Non_existent "non-existent" (OBus_bus.release_name first name) in
  Lwt.return "1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost"

let check_leave client =
  let* error = error_of (fun () -> OBus_method.call m_leave client.proxy ()) in
  expect (fst error = "org.freedesktop.DBus.Error.NoReply") (fst error);
  let* has_owner = OBus_bus.name_has_owner client.bus client.service in
  expect (not has_owner) "the name is free";
  Lwt.return "NoReply, and nobody has the name"

let checks =
  [ ("basic", check_basic); ("containers", check_containers); ("dict", check_dict); ("error", check_error); ("large", check_large);
    ("signals", check_signals); ("properties", check_properties); ("descriptors", check_descriptors); ("names", check_names);
    ("leave", check_leave) ]

let call service names =
  let* bus = connect () in
  let client = { bus; service; proxy = OBus_proxy.make ~peer:(OBus_peer.make ~connection:bus ~name:service) ~path } in
  Lwt_list.iter_s
    (fun name ->
      let* what = List.assoc name checks client in
      print_endline (Printf.sprintf "ok %s: %s" name what);
      Lwt.return_unit)
    names

let () =
  match Array.to_list Sys.argv with
  | _ :: "serve" :: [ name ] -> Lwt_main.run (serve name)
  | _ :: "call" :: name :: names -> Lwt_main.run (call name names)
  | _ -> exit 2
