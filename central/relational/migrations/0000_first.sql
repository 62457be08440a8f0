CREATE TABLE "account" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "account_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"login" text NOT NULL,
	"display_name" text NOT NULL,
	"password_hash" text NOT NULL,
	"password_changed_ms" bigint NOT NULL,
	"must_change_password" boolean NOT NULL,
	"former_hashes" text[] DEFAULT '{}' NOT NULL,
	"roles" text[] NOT NULL,
	"division_prefix" text NOT NULL,
	"subject_codes" char(12)[],
	"is_disabled" boolean DEFAULT false NOT NULL,
	"created_ms" bigint NOT NULL,
	"last_login_ms" bigint,
	CONSTRAINT "account_roles_check" CHECK (cardinality("account"."roles") = 1 or not ("account"."roles" && array['system-administrator', 'security-administrator', 'audit-administrator'])),
	CONSTRAINT "account_scope_check" CHECK ("account"."division_prefix" ~ '^([0-9]{2}){0,3}$')
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"time_ms" bigint NOT NULL,
	"account_id" integer,
	"actor" text NOT NULL,
	"address" text NOT NULL,
	"action" text NOT NULL,
	"object" text NOT NULL,
	"result" text NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "login_failure" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"since_ms" bigint NOT NULL,
	"locked_until_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"account_id" integer NOT NULL,
	"address" text NOT NULL,
	"created_ms" bigint NOT NULL,
	"last_seen_ms" bigint NOT NULL,
	"ended_ms" bigint
);
--> statement-breakpoint
CREATE TABLE "quarantine_group" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "quarantine_group_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"gateway_key" text NOT NULL,
	"device" text NOT NULL,
	"metric" text NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"count" bigint NOT NULL,
	"kept" bigint NOT NULL,
	"dropped" bigint NOT NULL,
	"adopted" bigint DEFAULT 0 NOT NULL,
	"first_ms" double precision NOT NULL,
	"last_ms" double precision NOT NULL,
	"last_value" text NOT NULL,
	"last_received_ms" bigint NOT NULL,
	"adopted_as" integer
);
--> statement-breakpoint
CREATE TABLE "quarantine_sample" (
	"group_id" integer NOT NULL,
	"time_ms" double precision NOT NULL,
	"value_key" text NOT NULL,
	"value" text NOT NULL,
	"quality" smallint NOT NULL,
	"reason_code" smallint NOT NULL,
	"flags" smallint NOT NULL,
	"gateway_delta_ms" double precision NOT NULL,
	"received_ms" bigint NOT NULL,
	"outbox" text,
	"raw" json,
	CONSTRAINT "quarantine_sample_group_id_time_ms_value_key_quality_pk" PRIMARY KEY("group_id","time_ms","value_key","quality")
);
--> statement-breakpoint
CREATE TABLE "completeness_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "completeness_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"gateway_id" integer NOT NULL,
	"kind" text NOT NULL,
	"time_ms" bigint NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gateway_record" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "gateway_record_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"gateway_id" integer NOT NULL,
	"incarnation" char(16) NOT NULL,
	"stream" text NOT NULL,
	"position" bigint NOT NULL,
	"schema" text NOT NULL,
	"time_ms" bigint NOT NULL,
	"received_ms" bigint NOT NULL,
	"device" text,
	"body" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_range" (
	"gateway_id" integer NOT NULL,
	"incarnation" char(16) NOT NULL,
	"stream" text NOT NULL,
	"ranges" "int8multirange" NOT NULL,
	CONSTRAINT "outbox_range_gateway_id_incarnation_stream_pk" PRIMARY KEY("gateway_id","incarnation","stream")
);
--> statement-breakpoint
CREATE TABLE "security_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "security_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"first_ms" bigint NOT NULL,
	"last_ms" bigint NOT NULL,
	"count" bigint NOT NULL,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "device" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "device_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"gateway_id" integer NOT NULL,
	"name" text NOT NULL,
	"title" text,
	"profile" text
);
--> statement-breakpoint
CREATE TABLE "division" (
	"code" char(6) PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"valid_from" text,
	"valid_to" text
);
--> statement-breakpoint
CREATE TABLE "gateway" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "gateway_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"group_id" text NOT NULL,
	"node" text NOT NULL,
	"subject_code" char(12),
	"also_subjects" char(12)[] DEFAULT '{}' NOT NULL,
	"title" text,
	"first_seen_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mine" (
	"subject_code" char(12) PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"division_code" char(6) NOT NULL,
	"kind" char(1) NOT NULL,
	"longitude" double precision,
	"latitude" double precision
);
--> statement-breakpoint
CREATE TABLE "point" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "point_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"point_code" char(22) NOT NULL,
	"subject_code" char(12) NOT NULL,
	"gateway_id" integer NOT NULL,
	"device_id" integer NOT NULL,
	"metric" text NOT NULL,
	"unit" text NOT NULL,
	"accepted_unit" text,
	"sensor_type" char(4) NOT NULL,
	"range_lo" double precision,
	"range_hi" double precision,
	"period_ms" integer NOT NULL,
	"title" text,
	"place" text,
	"profile" text,
	"registered_ms" bigint NOT NULL,
	"retired_ms" bigint,
	CONSTRAINT "point_type_check" CHECK ("point"."sensor_type" = substr("point"."point_code", 15, 4))
);
--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quarantine_group" ADD CONSTRAINT "quarantine_group_adopted_as_point_id_fk" FOREIGN KEY ("adopted_as") REFERENCES "public"."point"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quarantine_sample" ADD CONSTRAINT "quarantine_sample_group_id_quarantine_group_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."quarantine_group"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "completeness_event" ADD CONSTRAINT "completeness_event_gateway_id_gateway_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateway"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateway_record" ADD CONSTRAINT "gateway_record_gateway_id_gateway_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateway"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox_range" ADD CONSTRAINT "outbox_range_gateway_id_gateway_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateway"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device" ADD CONSTRAINT "device_gateway_id_gateway_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateway"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateway" ADD CONSTRAINT "gateway_subject_code_mine_subject_code_fk" FOREIGN KEY ("subject_code") REFERENCES "public"."mine"("subject_code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mine" ADD CONSTRAINT "mine_division_code_division_code_fk" FOREIGN KEY ("division_code") REFERENCES "public"."division"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "point" ADD CONSTRAINT "point_subject_code_mine_subject_code_fk" FOREIGN KEY ("subject_code") REFERENCES "public"."mine"("subject_code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "point" ADD CONSTRAINT "point_gateway_id_gateway_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateway"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "point" ADD CONSTRAINT "point_device_id_device_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."device"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "account_login_idx" ON "account" USING btree ("login");--> statement-breakpoint
CREATE INDEX "audit_log_time_idx" ON "audit_log" USING btree ("time_ms");--> statement-breakpoint
CREATE INDEX "audit_log_actor_idx" ON "audit_log" USING btree ("actor","id");--> statement-breakpoint
CREATE INDEX "login_failure_since_idx" ON "login_failure" USING btree ("since_ms");--> statement-breakpoint
CREATE INDEX "session_account_idx" ON "session" USING btree ("account_id","created_ms");--> statement-breakpoint
CREATE INDEX "session_created_idx" ON "session" USING btree ("created_ms");--> statement-breakpoint
CREATE UNIQUE INDEX "quarantine_source_idx" ON "quarantine_group" USING btree ("gateway_key","device","metric","reason");--> statement-breakpoint
CREATE INDEX "quarantine_recent_idx" ON "quarantine_group" USING btree ("last_received_ms","id");--> statement-breakpoint
CREATE INDEX "completeness_event_gateway_idx" ON "completeness_event" USING btree ("gateway_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "gateway_record_position_idx" ON "gateway_record" USING btree ("gateway_id","incarnation","stream","position");--> statement-breakpoint
CREATE INDEX "gateway_record_gateway_idx" ON "gateway_record" USING btree ("gateway_id","id");--> statement-breakpoint
CREATE INDEX "gateway_record_schema_idx" ON "gateway_record" USING btree ("schema","id");--> statement-breakpoint
CREATE INDEX "gateway_record_gap_idx" ON "gateway_record" USING btree ("id") WHERE schema = 'outbox.gap/1';--> statement-breakpoint
CREATE INDEX "security_event_recent_idx" ON "security_event" USING btree ("kind","subject","last_ms");--> statement-breakpoint
CREATE UNIQUE INDEX "device_name_idx" ON "device" USING btree ("gateway_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "gateway_topic_idx" ON "gateway" USING btree ("group_id","node");--> statement-breakpoint
CREATE INDEX "gateway_subject_idx" ON "gateway" USING btree ("subject_code");--> statement-breakpoint
CREATE INDEX "mine_division_idx" ON "mine" USING btree ("division_code" bpchar_pattern_ops,"subject_code");--> statement-breakpoint
CREATE UNIQUE INDEX "point_code_idx" ON "point" USING btree ("point_code");--> statement-breakpoint
CREATE UNIQUE INDEX "point_metric_idx" ON "point" USING btree ("device_id","metric");--> statement-breakpoint
CREATE INDEX "point_gateway_idx" ON "point" USING btree ("gateway_id");--> statement-breakpoint
CREATE INDEX "point_subject_idx" ON "point" USING btree ("subject_code","point_code");--> statement-breakpoint
CREATE INDEX "point_type_idx" ON "point" USING btree ("sensor_type","point_code");