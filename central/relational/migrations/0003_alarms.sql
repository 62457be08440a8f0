CREATE TABLE "alarm" (
	"id" char(32) PRIMARY KEY NOT NULL,
	"rule_id" text NOT NULL,
	"rule_version" integer NOT NULL,
	"subject" text NOT NULL,
	"point_id" integer,
	"subject_code" char(12),
	"rank" smallint NOT NULL,
	"start_ms" bigint NOT NULL,
	"end_ms" bigint,
	"at_ms" bigint NOT NULL,
	"value" double precision,
	"limit" double precision,
	"peak" double precision,
	"area" double precision NOT NULL,
	"is_active" boolean NOT NULL,
	"is_value_unknown" boolean NOT NULL,
	"is_historical" boolean NOT NULL,
	"is_acknowledged" boolean NOT NULL,
	"acknowledged_by" text,
	"acknowledged_ms" bigint,
	"shelved_until_ms" bigint,
	"suppressed_by" char(32),
	"is_out_of_service" boolean DEFAULT false NOT NULL,
	"cause" text,
	"note" text,
	"raised_ms" bigint,
	"gateway_ms" bigint,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alarm_backlog" (
	"subject_code" char(12) PRIMARY KEY NOT NULL,
	"from_ms" bigint NOT NULL,
	"to_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alarm_checkpoint" (
	"subject_code" char(12) PRIMARY KEY NOT NULL,
	"taken_ms" bigint NOT NULL,
	"state" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alarm_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "alarm_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"alarm_id" char(32) NOT NULL,
	"kind" text NOT NULL,
	"at_ms" bigint NOT NULL,
	"rank" smallint NOT NULL,
	"value" double precision,
	"limit" double precision,
	"actor" text DEFAULT '' NOT NULL,
	"detail" jsonb NOT NULL,
	"recorded_ms" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alarm" ADD CONSTRAINT "alarm_point_id_point_id_fk" FOREIGN KEY ("point_id") REFERENCES "public"."point"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alarm" ADD CONSTRAINT "alarm_subject_code_mine_subject_code_fk" FOREIGN KEY ("subject_code") REFERENCES "public"."mine"("subject_code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alarm_backlog" ADD CONSTRAINT "alarm_backlog_subject_code_mine_subject_code_fk" FOREIGN KEY ("subject_code") REFERENCES "public"."mine"("subject_code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alarm_checkpoint" ADD CONSTRAINT "alarm_checkpoint_subject_code_mine_subject_code_fk" FOREIGN KEY ("subject_code") REFERENCES "public"."mine"("subject_code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alarm_log" ADD CONSTRAINT "alarm_log_alarm_id_alarm_id_fk" FOREIGN KEY ("alarm_id") REFERENCES "public"."alarm"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alarm_subject_idx" ON "alarm" USING btree ("subject_code","start_ms");--> statement-breakpoint
CREATE INDEX "alarm_point_idx" ON "alarm" USING btree ("point_id","start_ms");--> statement-breakpoint
CREATE INDEX "alarm_start_idx" ON "alarm" USING btree ("start_ms");--> statement-breakpoint
CREATE INDEX "alarm_open_idx" ON "alarm" USING btree ("subject_code","rank","start_ms") WHERE is_active or not is_acknowledged;--> statement-breakpoint
CREATE UNIQUE INDEX "alarm_log_transition_idx" ON "alarm_log" USING btree ("alarm_id","kind","at_ms","rank") WHERE actor = '';--> statement-breakpoint
CREATE INDEX "alarm_log_alarm_idx" ON "alarm_log" USING btree ("alarm_id","id");--> statement-breakpoint
CREATE INDEX "alarm_log_time_idx" ON "alarm_log" USING btree ("at_ms");